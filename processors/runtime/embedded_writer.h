// How records get into an embedded log: commits of tasks, one group at a time, and raw appends,
// each partition by itself.
#pragma once

#include <atomic>
#include <functional>
#include <mutex>
#include <optional>
#include <span>
#include <vector>

#include "processors/runtime/embedded_catalog.h"
#include "processors/runtime/embedded_disk.h"
#include "processors/runtime/log.h"

namespace weir::runtime {

/// Remembers the first error after which nothing is known about the disk: from then on everything
/// fails, and the process ends. Thread-safe.
class EmbeddedHealth {
 public:
  /// That error, once there is one.
  Result<void> check() const;
  /// Remembers the error of `result`, if it is one, and returns it. One that says `exhausted`
  /// becomes io: that code is for what was refused before anything was written, and may come again.
  Result<void> keep(Result<void> result);

 private:
  std::atomic<bool> failed_ = false;
  mutable std::mutex mutex_;
  std::optional<Error> error_;
};

struct EmbeddedWriterParts {
  state::Store& store;
  EmbeddedCatalog& catalog;
  EmbeddedDisk& disk;
  EmbeddedHealth& health;
  const std::function<TimeUs()>& clock;
  std::size_t sync_threads;
};

/// Thread-safe. All parts outlive this.
class EmbeddedWriter {
 public:
  /// `commit` is the number of the last commit.
  EmbeddedWriter(EmbeddedWriterParts parts, std::uint64_t commit)
      : parts_(parts), commit_(commit) {}

  /// As Log::commit.
  Result<void> commit(std::span<TaskCommit> commits);
  /// As Appender::append.
  Result<std::int64_t> append(const TopicPartition& where, std::span<const NewRecord> records);

 private:
  // Several tasks' commits, or records for a partition that belongs to commits.
  struct Request {
    std::span<TaskCommit> commits;
    EmbeddedPartition* to = nullptr;
    std::span<const NewRecord> records;
    std::int64_t first = 0;
    std::uint64_t frame_bytes = 0;
    std::uint64_t state_bytes = 0;
  };
  using Touched = std::vector<EmbeddedPartition*>;

  // A quiet partition expires too, and so does what was read since its last segment was begun.
  static constexpr DurationUs kRetainEveryUs = kMinuteUs;

  Result<void> check(Request& request) const;
  Result<std::uint64_t> take_room(const EmbeddedRoom& room);
  Result<void> commit_group(std::span<Request* const> group);
  Result<void> write_group(std::span<Request* const> group);
  Result<Touched> stage_group(std::span<Request* const> group, TimeUs now);
  Result<void> begin_segments(TimeUs now, Touched& touched);
  Result<void> retain(const Touched& rolled, TimeUs now);
  Result<void> sync(const Touched& touched) const;
  Result<void> check_room();
  Result<void> append_raw(PartitionSlot& slot, std::span<RawAppend* const> group);
  Result<void> write_raw(EmbeddedPartition& partition, std::span<RawAppend* const> group);

  const EmbeddedWriterParts parts_;
  GroupWork<Request> commits_;
  // Both belong to whoever leads a group of commits.
  std::uint64_t commit_;
  TimeUs retained_us_ = 0;  // when every partition was last looked at
};

}  // namespace weir::runtime
