// Local copies of tasks that run elsewhere, kept up with their changelogs, so that a takeover reads
// the last seconds only. Every process that has it follows every task that it does not own.
//
// A copy is given up as soon as this process owns the task: its worker opens the same store, and
// waits until it is closed. A copy that cannot be kept (its changelog has lost records, nobody
// answers) is given up for a while, and the others go on without it. Stepped by one thread.
#pragma once

#include <map>
#include <memory>
#include <mutex>
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
  static constexpr DurationUs kRetryPauseUs = 30 * kSecondUs;

  explicit Standby(StandbySetup setup) : setup_(std::move(setup)) {}

  /// Gives up what is owned, and reads on in the rest. False: all of it is at its end, or waits.
  bool step(const std::set<TaskId>& owned, TimeUs now);

  /// Of every task that is followed, or would be. Thread-safe.
  std::map<TaskId, StandbyFacts> facts() const;

 private:
  struct Copy {
    std::unique_ptr<Restore> restore;  // null: it is not open
    TimeUs not_before = kMinTime;      // after an error
  };

  Result<bool> read_on(const TaskId& task, Copy& copy, TimeUs now);
  void note(const TaskId& task, const StandbyFacts& facts);

  const StandbySetup setup_;
  std::unique_ptr<ChangelogReader> changelogs_;
  std::map<TaskId, Copy> copies_;  // they read through the reader above

  mutable std::mutex mutex_;  // of facts_
  std::map<TaskId, StandbyFacts> facts_;
};

}  // namespace weir::runtime
