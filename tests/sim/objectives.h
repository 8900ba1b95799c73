// The objective that every scenario runs, and whether its ledgers are right: what fold counted is a
// recount of the events that count, and what a ledger told is the sum of the counts before it.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "processors/objectives/objective.h"
#include "tests/sim/oracle.h"
#include "tests/sim/outcome.h"

namespace weir::sim {

/// Requests that are ok, of all, for each service.
std::shared_ptr<const objectives::Objectives> objectives_of_sim();

/// Tells each difference to `wrong`.
void check_objectives(const Oracle& oracle, const Outcome& outcome,
                      const std::function<void(const std::string&)>& wrong);

}  // namespace weir::sim
