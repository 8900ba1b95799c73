// Local copies of tasks that run elsewhere, kept up with their changelogs, so that a takeover reads
// the last seconds only. Every process that has it follows every task that it does not own.
//
// A copy is given up as soon as this process owns the task: its worker opens the same store, and
// waits until it is closed. A copy that cannot be kept (its changelog has lost records, nobody
// answers) is given up for a while, and the others go on without it. Stepped by one thread; a step
// waits at most once for a broker that does not answer.
//
// Memory: what one restore gathers, for of the copies that are far behind only one at a time reads
// on; and of each that is read 16 MiB at most that are fetched ahead.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "processors/runtime/kafka_restore.h"
#include "processors/runtime/kafka_seams.h"

namespace weir::runtime {

/// Everything referred to outlives the standby.
struct StandbySetup {
  KafkaClients* clients = nullptr;
  TaskStores* stores = nullptr;
  std::string cluster;  // as of KafkaWorkerSetup
  std::vector<TaskId> tasks;
  DurationUs usable_us = kCopyUsableUs;  // as of RestoreRequest
};

/// How a copy is doing.
struct StandbyFacts {
  std::int64_t lag_records = 0;  // of the changelog; commits' markers count
  std::string trouble = {};      // why there is no copy just now; empty: there is

  bool operator==(const StandbyFacts&) const = default;
};

class Standby {
 public:
  /// After an error a copy is tried again so much later: opening one costs requests and a database.
  /// Where nobody answers, one of those that failed.
  static constexpr DurationUs kRetryPauseUs = 30 * kSecondUs;
  /// More is far behind: what one read brings, about.
  static constexpr std::int64_t kFarBehind = 10'000;

  explicit Standby(StandbySetup setup) : setup_(std::move(setup)), order_(setup_.tasks) {}

  /// Gives up what is owned, and reads on in the rest. False: all of it is at its end, or waits.
  bool step(const std::set<TaskId>& owned, TimeUs now);

  /// Of every task that is followed, or would be. Thread-safe.
  std::map<TaskId, StandbyFacts> facts() const;

 private:
  struct Copy {
    std::unique_ptr<Restore> restore;  // null: it is not open
    std::optional<TimeUs> not_before;  // it failed
  };

  void give_up_owned(const std::set<TaskId>& owned);
  Result<bool> read_on(const TaskId& task, Copy& copy, TimeUs now);
  Result<void> open(const TaskId& task, Copy& copy, TimeUs now);
  /// Whether it may read on. One that is far behind does until it is at its end, then the next.
  bool take_turn(const TaskId& task, const Restore& restore);
  void close(const TaskId& task, Copy& copy);
  void note(const TaskId& task, const StandbyFacts& facts);

  const StandbySetup setup_;
  std::unique_ptr<ChangelogReader> changelogs_;
  std::map<TaskId, Copy> copies_;     // they read through the reader above
  std::vector<TaskId> order_;         // the first is next
  std::optional<TaskId> catches_up_;  // of those that are far behind
  bool no_answer_ = false;            // in the step before
  TimeUs ask_again_at_ = kMinTime;    // copies that failed are not tried before

  mutable std::mutex mutex_;  // of facts_
  std::map<TaskId, StandbyFacts> facts_;
};

}  // namespace weir::runtime
