// A log that is made of history: what `weir import` and `weir simulate` write into.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "processors/core/result.h"
#include "tools/weir/home.h"

namespace weir::cli {

struct RawHomeOptions {
  std::string directory;
  bool append = false;          // false: the directory must be new or empty
  std::int32_t partitions = 4;  // of the raw topic, where it is new
};

/// Opens the log and makes the raw topic and that of dead letters. Nothing expires by age: the
/// records are as old as what they tell of. Errors: already_exists, or as EmbeddedLog::open and
/// create_topic.
Result<std::unique_ptr<Home>> open_raw_home(const RawHomeOptions& options);

/// How many partitions its raw topic has.
Result<std::int32_t> raw_partitions(const Home& home);

/// Closes a log that nothing was written to and leaves its directory empty; false where there are
/// records, which stay.
Result<bool> discard_if_empty(std::unique_ptr<Home> home, const std::string& directory);

}  // namespace weir::cli
