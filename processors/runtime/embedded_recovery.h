// What stands on disk for one partition when the log is opened, and what of it was acknowledged.
// The rest, which is at most the one group of writes that a crash interrupted, is cut off; anything
// else that is not as it should be is refused. Nothing is cut before all partitions were looked at,
// so that a refusal leaves every file as it was.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "processors/runtime/embedded_partition.h"

namespace weir::runtime {

/// A partition as it will be. Nothing on disk has changed yet.
struct RecoveredPartition {
  PartitionContents contents = {};
  std::vector<std::string> kept = {};     // files; the last one ends where `contents` does
  bool torn = false;                      // it goes on behind that
  std::vector<std::string> surplus = {};  // files that go, in this order
};

/// A topic of commits: `mark` is its committed end (nullopt: nothing was ever committed), and
/// `commit` the number of the last commit. Behind the end only frames of the next commit may stand.
/// corrupt: a missing or short file, frames of a later commit (the store has lost some).
Result<RecoveredPartition> recover_committed(const PartitionPlace& place, std::int64_t start,
                                             const std::optional<EndMark>& mark,
                                             std::uint64_t commit);

/// A raw topic: its end is the last whole append; `mark` is an end that was once durable (nullopt:
/// not known). corrupt: a missing or short file, damaged bytes that a later frame says were
/// durable.
Result<RecoveredPartition> recover_raw(const PartitionPlace& place, std::int64_t start,
                                       const std::optional<EndMark>& mark);

/// Makes the files what was recovered, for good.
Result<void> settle(const PartitionPlace& place, const RecoveredPartition& recovered);

/// The bases of the segments in the partition's directory, ascending; empty where it is missing.
Result<std::vector<std::int64_t>> list_segments(const FileSystem& files,
                                                const std::string& directory);

}  // namespace weir::runtime
