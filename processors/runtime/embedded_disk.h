// The room of an embedded log: its budget, what expires to keep it, and what is published of it.
#pragma once

#include <cstdint>
#include <mutex>
#include <optional>
#include <string>

#include "processors/runtime/embedded_catalog.h"
#include "processors/state/store.h"

namespace weir::runtime {

struct EmbeddedDiskParts {
  FileSystem& files;
  const std::string& directory;
  state::Store& store;
  EmbeddedCatalog& catalog;
  std::uint64_t segment_bytes;  // of a full file, at most
};

/// What is about to be written.
struct EmbeddedRoom {
  std::uint64_t frame_bytes = 0;
  std::uint64_t state_bytes = 0;
  bool producer = false;  // it waits for those who read, and leaves them room to go on
};

/// Thread-safe. All of it outlives this.
class EmbeddedDisk {
 public:
  /// `budget_bytes` bounds segments and state together. As a compaction writes what it replaces
  /// before that goes, the state counts twice.
  EmbeddedDisk(EmbeddedDiskParts parts, std::uint64_t budget_bytes)
      : parts_(parts), budget_bytes_(budget_bytes) {}

  /// Bounds every partition's segments, so that budget and retention can be kept by deleting whole
  /// ones: all that are being written take an eighth of the budget, or 1 MiB each if that is more.
  /// Call it after topics or their retention have changed.
  Result<void> limit_segments();
  /// exhausted: nothing can be written to the disk for now, and nothing was.
  Result<void> check_writable() const { return parts_.files.check_writable(parts_.directory); }
  /// Takes room before it is written to, and returns how much to release. Where it does not fit,
  /// the oldest segments expire that every task has read; 0: it does not fit, and nothing was
  /// taken. For a producer that is so already when what must stay takes three quarters of the
  /// budget: the rest is for commits, without which nothing is ever read. The free space of the
  /// disk counts like the budget.
  Result<std::uint64_t> reserve(const EmbeddedRoom& room);
  /// What was reserved is written, and counts by itself from now on.
  void release(std::uint64_t reserved, std::uint64_t state_bytes);
  /// What to tell whoever got 0: whether the disk is full or the budget.
  std::unexpected<Error> no_room(const EmbeddedRoom& room) const;
  /// Lets go what a partition's retention no longer keeps, whole segments that every task has read.
  /// Age counts back from `now`, or from the partition's newest record where that is later.
  Result<void> retain(EmbeddedPartition& partition, TimeUs now);
  /// Publishes bounds to readers in other processes.
  Result<void> publish();

 private:
  struct Candidate {
    EmbeddedPartition* partition = nullptr;
    std::int64_t start = 0;  // if its oldest segment goes
    TimeUs time_us = 0;
  };

  Result<bool> fits(const EmbeddedRoom& room);
  bool leaves_share(const EmbeddedRoom& room) const;
  Result<void> measure_state();
  std::uint64_t counted_state_bytes() const;
  std::uint64_t used_bytes() const;
  std::uint64_t kept_bytes() const;
  std::uint64_t with_headers(std::uint64_t frame_bytes) const;
  Result<bool> expire_oldest();
  Result<std::optional<Candidate>> candidate(EmbeddedPartition& partition) const;
  Result<void> expire(EmbeddedPartition& partition, std::int64_t start);
  Result<void> publish_locked();

  const EmbeddedDiskParts parts_;
  const std::uint64_t budget_bytes_;
  mutable std::mutex mutex_;
  std::uint64_t segment_bytes_ = parts_.segment_bytes;
  std::uint64_t reserved_bytes_ = 0;    // not yet written
  std::uint64_t state_bytes_ = 0;       // when it was measured
  std::uint64_t unmeasured_bytes_ = 0;  // of state, written since
  bool measured_ = false;
};

}  // namespace weir::runtime
