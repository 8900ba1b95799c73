// A worker: the tasks of one processor that one thread drives. It reads the task that is furthest
// behind in event time first, so that a backlog does not open hours of panes; commits all its tasks
// as one; and keeps time moving in quiet inputs by appending tick records.
//
// It is stepped: `step` does one unit of work at the time given and never waits, so that a
// simulation can drive it. There is one recovery path: after any error the worker is dropped, and a
// new one starts from what is committed.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "processors/runtime/task.h"
#include "processors/runtime/task_facts.h"

namespace weir::runtime {

struct WorkerOptions {
  TaskOptions task;
  /// Longest wait for a commit: shorter shows results sooner and costs a sync each.
  DurationUs commit_interval_us = kSecondUs;
  /// Shortest distance of commits that a crossed hop asks for at once; not in a backlog, where
  /// hops are crossed all the time.
  DurationUs urgent_interval_us = 50 * kMillisecondUs;
  /// Outputs and state changes that wait, all tasks together; reaching it forces a commit.
  std::size_t commit_bytes = 64 << 20;
  /// A quiet input gets a tick when the clock passes a multiple of this, and `tick_delay_us`.
  DurationUs idle_after_us = 10 * kSecondUs;
  /// A little more than events may be out of order: then a tick closes at once what has just ended,
  /// and an input that is read again and again gets none.
  DurationUs tick_delay_us = 0;
  /// By partition of the input, for every worker of the processor; empty: nobody looks.
  std::span<TaskFacts> facts = {};
};

class Worker {
 public:
  enum class Progress {
    worked,
    idle,      // nothing to read, and no commit is due: ask again later
    finished,  // history: every input is at its end and committed
  };

  /// `spec`, `log` and `input` outlive the worker.
  Worker(const ProcessorSpec& spec, Log& log, const Reader& input, const WorkerOptions& options)
      : spec_(spec), log_(log), input_(input), options_(options) {}

  /// Restores the tasks of these partitions; again for more of them. Of one that fails there is
  /// none.
  Result<void> open(const std::vector<std::int32_t>& partitions, TimeUs now);

  /// One unit of work. `now` only decides when to commit and when an input is idle.
  Result<Progress> step(TimeUs now, bool input_complete);

  /// Commits what is done so far: for a graceful stop.
  Result<void> commit(TimeUs now);

  const std::vector<std::unique_ptr<Task>>& tasks() const { return tasks_; }
  /// Whose task it was that returned the error of `step` or `commit`; absent: of no single one.
  std::optional<std::int32_t> failed_partition() const { return failed_partition_; }

 private:
  /// Notes whose error it is.
  template <class T>
  Result<T> noted(const Task& task, Result<T> result) {
    if (!result) failed_partition_ = task.input().partition;
    return result;
  }
  bool commit_due(TimeUs now) const;
  bool has_changes() const;
  void report(const Task& task) const;
  Result<void> append_ticks(TimeUs now);

  struct Input {
    bool at_end = false;  // the last read found nothing
    TimeUs quiet_since = 0;
  };

  const ProcessorSpec& spec_;
  Log& log_;
  const Reader& input_;
  const WorkerOptions options_;
  std::vector<std::unique_ptr<Task>> tasks_;
  std::vector<Input> inputs_;  // beside tasks_
  TimeUs last_commit_ = 0;
  std::optional<std::int32_t> failed_partition_;
};

}  // namespace weir::runtime
