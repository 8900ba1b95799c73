// What stands on a Kafka cluster for a pipeline: topics, groups, positions, what is not committed.
#pragma once

#include <string>

#include "processors/core/result.h"

namespace weir::cli {

/// Prints tables. A lag is of offsets, some of which may be markers of transactions; where at most
/// 64 are left, of records. Errors: as load_settings and open_kafka; io, where a row says what the
/// cluster does not tell (a partition has no leader, a topic is not made yet): all others are
/// printed, too.
Result<void> inspect_kafka(const std::string& config);

}  // namespace weir::cli
