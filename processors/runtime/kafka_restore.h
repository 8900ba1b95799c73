// Brings a task's local copy up to its changelog: only the tail where the copy can be used, all of
// it where not. It is stepped and waits for milliseconds at most, so that a long restore does not
// cost the membership.
//
// What is read is gathered and written in the order of keys, the last value of each, at the end or
// when it is much: that costs a store less than record for record. Memory of one restore: 16 MiB of
// that and one read more, as much again while it is written, and nothing of it once it is complete.
//
// The order is the protocol's: the committed position was read (stable) before; then the
// changelog's end is read, what is not committed included; then committed records until reading
// has come to that end. So what a former owner has committed is in it, however late its marker.
//
// The local copy is not used where it is
// - older than half of the time that a compacted changelog keeps the fact that a key is gone;
// - of another incarnation of the changelog;
// - damaged.
// Below the changelog's start, or above its end, it is refused and kept: the changelog has lost
// records, and nothing whole is left but this copy.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "processors/runtime/kafka_state.h"
#include "processors/state/store.h"

namespace weir::runtime {

/// Half of the time that a compacted changelog keeps the fact that a key is gone
/// (kafka_topics.h).
inline constexpr DurationUs kCopyUsableUs = 12 * kHourUs;

struct RestoreRequest {
  TaskId task;
  TopicPartition changelog;  // logical
  std::string owner;         // see kafka_state.h
  /// Of the input, as the group committed it.
  std::optional<std::int64_t> committed;
  /// A local copy whose last change is older is not used.
  DurationUs usable_us = kCopyUsableUs;
  /// For a standby: the task runs elsewhere, so that its changelog has no last state to agree with
  /// `committed`.
  bool follows = false;
};

class Restore {
 public:
  /// What is read is outlived by the restore. Errors: locked (ask again), and as LocalState::open.
  static Result<std::unique_ptr<Restore>> begin(RestoreRequest request, ChangelogReader& changelogs,
                                                TaskStores& stores, TimeUs now);

  /// A bounded piece of work. True: it is complete. corrupt: records of the changelog are gone, it
  /// cannot be read, or it does not end where the group's position does; the message says what to
  /// do. locked: somebody else has the local copy that was to be made anew. After an error it goes
  /// no further.
  Result<bool> step();

  /// A standby goes on to where the changelog ends by now.
  Result<void> extend();

  /// Of the next record to be read; what is written of it may be less until it is complete.
  std::int64_t position() const { return position_; }
  std::int64_t end() const { return end_; }
  /// Whether step() failed as what stands there of the changelog cannot be read.
  bool unreadable() const { return unreadable_; }
  /// Whether something of the local copy was kept.
  bool from_local_copy() const { return kept_; }

  /// When complete.
  std::unique_ptr<LocalState> take() { return std::move(local_); }

 private:
  Restore(RestoreRequest request, ChangelogReader& changelogs, TaskStores& stores)
      : request_(std::move(request)), changelogs_(changelogs), stores_(stores) {}

  Result<void> open_local(TimeUs now);
  bool usable(TimeUs now) const;
  Result<void> rebuild();
  Result<void> rebuild_damaged(const Error& error);
  Result<bool> take_records();
  Result<bool> take_batch();
  Result<bool> write_gathered();
  void begin_at_local();
  Result<void> look_again(const Error& error);
  Result<void> check_complete() const;

  const RestoreRequest request_;
  ChangelogReader& changelogs_;
  TaskStores& stores_;
  std::unique_ptr<LocalState> local_;
  std::int64_t start_ = 0;
  std::int64_t end_ = 0;
  std::int64_t position_ = 0;
  bool kept_ = false;
  bool unreadable_ = false;
  RecordBatch batch_;
  state::StoreBatch gathered_;
  LocalState::Mark mark_;  // of the store, once they are in it
};

}  // namespace weir::runtime
