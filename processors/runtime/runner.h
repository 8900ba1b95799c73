// Runs a graph: workers on threads, until told to stop, until a history is at its end, or until one
// of them fails. Threads share nothing but the log.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "processors/runtime/worker.h"

namespace weir::runtime {

/// The workers of one processor.
struct WorkerGroup {
  const ProcessorSpec* spec = nullptr;
  const Reader* input = nullptr;  // what spec->input is read from
  std::int32_t partitions = 1;    // of the input; each is one task
  std::int32_t threads = 1;       // more than partitions are not started
  WorkerOptions options;
};

class Runner {
 public:
  /// Everything referred to outlives the runner. `clock` decides when to commit and when an input
  /// is idle; it is called from every thread.
  Runner(Log& log, std::vector<WorkerGroup> groups, std::function<TimeUs()> clock);

  /// Blocks. `watch` is called from this thread, a few times a second, and says whether to go on;
  /// where not, every worker finishes the step in hand and commits. True: a history came to its
  /// end. Error: the first one of any worker; the others have stopped then. What is committed
  /// counts, and a new runner continues from there.
  Result<bool> run(const std::function<bool()>& watch);

 private:
  struct Group {
    WorkerGroup setup;
    std::vector<Group*> upstream;  // who writes its input
    std::atomic<std::int32_t> running = 0;
  };

  void work(Group& group, std::int32_t thread);
  Result<void> drive(Group& group, std::int32_t thread);
  static bool input_complete(const Group& group);

  Log& log_;
  std::function<TimeUs()> clock_;
  std::vector<std::unique_ptr<Group>> groups_;
  std::atomic<bool> stop_ = false;
  std::atomic<std::int32_t> running_ = 0;
  std::mutex mutex_;
  std::optional<Error> error_;
};

}  // namespace weir::runtime
