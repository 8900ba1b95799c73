// One partition of the embedded log as its writer sees it: records are staged, written, synced, and
// only then shown to readers.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "processors/runtime/embedded_format.h"
#include "processors/runtime/file_system.h"
#include "processors/runtime/segment_set.h"

namespace weir::runtime {

struct PartitionPlace {
  FileSystem& files;
  std::string directory;
  TopicPartition where;
};

/// When a segment is followed by another one: so that it can expire.
struct SegmentLimits {
  std::uint64_t bytes = 128 << 20;  // of its file
  DurationUs age_us = 0;            // between its first record and the next one; 0: any
};

/// What recovery found on disk (embedded_recovery.h).
struct PartitionContents {
  std::int64_t start = 0;
  EndMark mark;
  std::vector<SegmentSet::Entry> entries;
};

/// `readable()`, `durable()` and `limit()` from any thread; the rest from one thread at a time.
/// After an error of a writing member no other one may be called: the log is opened again.
class EmbeddedPartition {
 public:
  EmbeddedPartition(PartitionPlace place, PartitionContents contents);

  const TopicPartition& where() const { return place_.where; }
  const SegmentSet& readable() const { return readable_; }
  SegmentSet& readable() { return readable_; }
  void limit(const SegmentLimits& limits);

  /// Adds a record behind the staged ones and returns its offset. `now` stamps one without an
  /// append time; a time that would go back is raised. May write, and begin another segment.
  Result<std::int64_t> stage(const NewRecord& record, TimeUs now, std::uint64_t witness, bool more);
  /// Whether its last segment has records, and nothing in it is as young as `time`.
  bool is_quiet_since(TimeUs time) const;
  /// Begins another segment though the last one is not full: then that one can expire. Like a
  /// record it is written, synced and published.
  Result<void> begin_segment();
  /// Writes what is staged.
  Result<void> write();
  /// Makes what is written survive a loss of power.
  Result<void> sync();
  /// The end as of the last `publish`.
  EndMark durable() const;
  /// The end behind everything staged; durable after `sync`.
  const EndMark& mark() const { return mark_; }
  /// Shows readers everything synced. True: another segment was begun since the last call.
  bool publish();

 private:
  bool is_full(TimeUs time) const;
  Result<void> roll();
  Result<void> open_last();

  const PartitionPlace place_;
  std::atomic<std::uint64_t> most_bytes_ = SegmentLimits().bytes;
  std::atomic<DurationUs> most_age_us_ = SegmentLimits().age_us;
  EndMark mark_;
  SegmentSet readable_;
  mutable std::mutex mutex_;
  EndMark durable_;
  std::unique_ptr<AppendFile> file_;               // the last segment; null until it is written to
  std::string staged_;                             // not yet written to it
  std::vector<std::unique_ptr<AppendFile>> full_;  // segments before it, not yet synced
  std::vector<SegmentSet::Entry> fresh_;           // not yet readable, the last one without limit
  std::optional<TimeUs> begun_us_;                 // of the first record of the last segment
  bool made_file_ = false;                         // the directory is not yet synced
};

}  // namespace weir::runtime
