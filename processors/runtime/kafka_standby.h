// Local copies of tasks that run elsewhere, kept up with their changelogs, so that a takeover reads
// the last seconds only. Every process that has it follows every task that it does not own.
//
// A copy is given up as soon as this process owns the task: its worker opens the same store, and
// waits until it is closed. One thread.
#pragma once

#include <map>
#include <memory>
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
};

class Standby {
 public:
  explicit Standby(StandbySetup setup) : setup_(std::move(setup)) {}

  /// Gives up what is owned, and reads on in the rest. False: all of it is at its end. After an
  /// error everything is dropped; the next step begins anew.
  Result<bool> step(const std::set<TaskId>& owned, TimeUs now);

  /// Followed, and how many records behind.
  std::map<TaskId, std::int64_t> lags() const;

 private:
  Result<bool> read_on(const TaskId& task, TimeUs now);

  const StandbySetup setup_;
  std::unique_ptr<ChangelogReader> changelogs_;
  std::map<TaskId, std::unique_ptr<Restore>> copies_;  // they read through the reader above
};

}  // namespace weir::runtime
