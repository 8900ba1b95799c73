// Compares what a scenario left with what the oracle says.
#pragma once

#include <string>

#include "tests/sim/oracle.h"
#include "tests/sim/outcome.h"

namespace weir::sim {

/// Empty: everything is right. Otherwise the first few differences, one a line.
std::string differences(const Scenario& scenario, const Oracle& oracle, const Outcome& outcome);

}  // namespace weir::sim
