// What `weir up --demo` promises of its simulated fleet, where the configuration has no objectives.
#pragma once

#include "processors/core/result.h"
#include "processors/objectives/policy.h"
#include "weir/v1/objective.pb.h"

namespace weir::cli {

/// A latency objective over a day, which the scripted incident burns within a minute at any time of
/// the day, and ordinary traffic does not.
Result<v1::Objectives> demo_objectives(const objectives::LowTraffic& low_traffic);

}  // namespace weir::cli
