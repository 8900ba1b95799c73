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
};

/// Thread-safe. All of it outlives this.
class EmbeddedDisk {
 public:
  /// `budget_bytes` bounds segments and state together.
  EmbeddedDisk(EmbeddedDiskParts parts, std::uint64_t budget_bytes)
      : parts_(parts), budget_bytes_(budget_bytes) {}

  /// Takes `segment_bytes` and `state_bytes` out of the budget before they are written. Where they
  /// do not fit, the oldest segments that every task has read expire, then the oldest ones. False:
  /// only the segments being written are left, and nothing was taken. The free space of the disk
  /// counts like the budget.
  Result<bool> reserve(std::uint64_t segment_bytes, std::uint64_t state_bytes);
  /// What to tell whoever got false.
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

  Result<bool> fits(std::uint64_t bytes);
  Result<bool> expire_oldest();
  Result<Candidate> candidate(EmbeddedPartition& partition) const;
  Result<void> expire(EmbeddedPartition& partition, std::int64_t start);
  Result<void> publish_locked();

  const EmbeddedDiskParts parts_;
  const std::uint64_t budget_bytes_;
  mutable std::mutex mutex_;
  bool measured_ = false;
  std::uint64_t segments_bytes_ = 0;
  std::uint64_t state_bytes_ = 0;  // when it was measured, and what was written since
  std::uint64_t unmeasured_bytes_ = 0;
};

}  // namespace weir::runtime
