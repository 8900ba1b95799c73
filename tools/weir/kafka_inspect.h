// What stands on a Kafka cluster for a pipeline: topics, groups, positions, what is not committed.
#pragma once

#include <string>

#include "processors/core/result.h"

namespace weir::cli {

/// Prints tables. Errors: as load_settings and open_kafka, and the cluster's.
Result<void> inspect_kafka(const std::string& config);

}  // namespace weir::cli
