// A task's local copy of its state, and what stands in its changelog beside the state. Version 1.
//
//   changelog record        key = state key, value = state value; none: the key is gone
//   its head                key "weir.head", written by every commit of the task:
//                             version u8 | incarnation 16 bytes | input position i64
//   local store   0x00      version u8 | length and text of the owner | changelog position i64
//                             | changed us i64 | length and bytes of the last head
//                 0x01 key  state value
//
// The owner is "<cluster>/<changelog topic>/<partition>". The incarnation is drawn when a task
// commits for the first time: a changelog that was deleted and made again has another one.
#pragma once

#include <memory>
#include <string>

#include "processors/core/id.h"
#include "processors/runtime/kafka_seams.h"

namespace weir::runtime {

inline constexpr std::uint8_t kLocalStateVersion = 1;
inline constexpr std::string_view kChangelogHeadKey = "weir.head";

struct ChangelogHead {
  Id incarnation = {};
  std::int64_t input_position = 0;

  bool operator==(const ChangelogHead&) const = default;
};
std::string encode(const ChangelogHead& head);
/// version: a newer weir wrote it; corrupt.
Result<ChangelogHead> decode_head(std::string_view text);

/// One task's store, open. One thread.
class LocalState {
 public:
  /// locked: ask again. invalid_argument: the store is another task's; version: a newer weir's;
  /// corrupt: it is damaged, to be discarded and made anew.
  static Result<std::unique_ptr<LocalState>> open(TaskStores& stores, const TaskId& task,
                                                  std::string_view owner);
  /// The same with nothing in it: what was there is deleted. locked: likewise.
  static Result<std::unique_ptr<LocalState>> open_empty(TaskStores& stores, const TaskId& task,
                                                        std::string_view owner);

  /// Up to where the changelog is in it; 0: nothing is.
  std::int64_t position() const { return position_; }
  /// The broker's time of the last record in it.
  TimeUs changed_us() const { return changed_us_; }
  /// Absent: no commit is in it.
  const std::optional<ChangelogHead>& head() const { return head_; }
  /// Whether a read or a write has found it damaged since it was opened.
  bool damaged() const { return damaged_; }

  struct Mark {
    std::int64_t position = 0;
    TimeUs changed_us = 0;
    std::optional<ChangelogHead> head;
  };
  /// Changes of the state and how far the changelog is with them, as one. The log has it all: what
  /// a machine that dies takes along is read again.
  Result<void> write(const state::StoreBatch& changes, const Mark& mark,
                     state::Durability durability = state::Durability::buffered);

  /// The state alone, for a task. Lives as long as this.
  std::unique_ptr<state::Store> state() const;

 private:
  LocalState(std::string owner, std::unique_ptr<state::Store> store);

  Result<void> read_mark();

  const std::string owner_;
  bool damaged_ = false;
  std::unique_ptr<state::Store> store_;  // notes damage above
  std::int64_t position_ = 0;
  TimeUs changed_us_ = 0;
  std::optional<ChangelogHead> head_;
};

}  // namespace weir::runtime
