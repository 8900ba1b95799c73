// The objective that every scenario runs, and whether its ledgers are right: what fold counted is a
// recount of the events that count, what a ledger told is the sum of the counts before it, its
// conditions are what these numbers say, and time is told before they change.
#pragma once

#include <memory>

#include "processors/objectives/objective.h"
#include "tests/sim/oracle.h"
#include "tests/sim/outcome.h"

namespace weir::sim {

/// Requests that are ok, of all, for each service: nine of ten. Two conditions, of which the first
/// asks whether chance alone explains it, and hides the second.
std::shared_ptr<const objectives::Objectives> objectives_of_sim();

/// Tells each difference to `wrong`.
void check_objectives(const Scenario& scenario, const Oracle& oracle, const Outcome& outcome,
                      const Wrong& wrong);

}  // namespace weir::sim
