// Whether a log still has all that one run of a command wrote, or the disk's budget took some.
#pragma once

#include <initializer_list>
#include <map>
#include <string>
#include <string_view>

#include "processors/core/result.h"
#include "processors/runtime/io.h"

namespace weir::cli {

/// The first offset of each partition.
using Starts = std::map<runtime::TopicPartition, std::int64_t>;

/// Of the topics that are there. Errors: the log's.
Result<Starts> starts_of(const runtime::Reader& log,
                         std::initializer_list<std::string_view> topics);

/// exhausted: a partition begins later than it did `before` (0 where it was not there): what came
/// last has forced out older records. Names it, the directory and what to do.
Result<void> check_kept(const Starts& before, const Starts& now, const std::string& directory);

}  // namespace weir::cli
