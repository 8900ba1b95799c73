// The room of an embedded log: its budget, what expires to keep it, and what is published of it.
#pragma once

#include <cstdint>
#include <mutex>
#include <string>

#include "processors/runtime/embedded_catalog.h"
#include "processors/state/store.h"

namespace weir::runtime {

struct EmbeddedDiskParts {
  FileSystem& files;
  const std::string& directory;
  state::Store& store;
  EmbeddedCatalog& catalog;
  std::uint64_t segment_bytes;  // of a full file
};

/// Thread-safe. All of it outlives this.
class EmbeddedDisk {
 public:
  /// `budget_bytes` bounds segments and state together.
  EmbeddedDisk(EmbeddedDiskParts parts, std::uint64_t budget_bytes)
      : parts_(parts), budget_bytes_(budget_bytes) {}

  /// Takes room for so many bytes of frames and of state before they are written, and returns how
  /// much to release. Where they do not fit, the oldest segments that every task has read expire,
  /// then the oldest ones; 0: only the segments being written are left, and nothing was taken. The
  /// free space of the disk counts like the budget.
  Result<std::uint64_t> reserve(std::uint64_t frame_bytes, std::uint64_t state_bytes);
  /// What was reserved is written, and counts by itself from now on.
  void release(std::uint64_t reserved, std::uint64_t state_bytes);
  /// What to tell whoever got 0.
  std::unexpected<Error> no_room(std::uint64_t bytes) const;
  /// Lets go what a partition's retention no longer keeps, whole segments that every task has read.
  /// Age counts back from the partition's newest record, so a history does not expire as it comes.
  Result<void> retain(EmbeddedPartition& partition);
  /// Publishes bounds to readers in other processes.
  Result<void> publish();

 private:
  struct Candidate {
    EmbeddedPartition* partition = nullptr;
    std::int64_t start = 0;  // if its oldest segment goes
    bool unread = false;
    TimeUs time_us = 0;
  };

  Result<bool> fits();
  std::uint64_t used_bytes() const;
  std::uint64_t with_headers(std::uint64_t frame_bytes) const;
  Result<bool> expire_oldest();
  Result<Candidate> candidate(EmbeddedPartition& partition) const;
  Result<void> expire(EmbeddedPartition& partition, std::int64_t start);
  Result<void> publish_locked();

  const EmbeddedDiskParts parts_;
  const std::uint64_t budget_bytes_;
  mutable std::mutex mutex_;
  std::uint64_t reserved_bytes_ = 0;    // not yet written
  std::uint64_t state_bytes_ = 0;       // when it was measured
  std::uint64_t unmeasured_bytes_ = 0;  // of state, written since
  bool measured_ = false;
};

}  // namespace weir::runtime
