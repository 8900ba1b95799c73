// The log: topics, tasks' positions and tasks' state, changed as one. This is the contract that
// every home of the log keeps (embedded, the in-memory fake, later Kafka);
// tests/runtime/log_contract.h holds them to it.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "processors/runtime/io.h"
#include "processors/state/store.h"

namespace weir::runtime {

/// How long a topic's records are kept: whichever limit is reached first. 0 is no limit. A record
/// that a task has yet to read is always kept: without room the log takes no more.
struct Retention {
  DurationUs max_age_us = 0;
  std::uint64_t max_bytes = 0;  // per partition
};

struct TopicSpec {
  std::string name;
  std::int32_t partitions = 1;
  Retention retention = {};
  /// Written by producers alone, through Appender, and never by a commit: an acknowledgement then
  /// waits for no commit. What kind a topic is cannot change.
  bool raw = false;
  /// Processors of this log whose tasks read it, also those that have not begun; nobody else's
  /// position keeps a record. Absent: whatever task has committed a position in it.
  std::optional<std::vector<std::string>> readers = {};
};

/// invalid_argument: an empty name, one with other characters than a-z 0-9 . _ -, no partition.
Result<void> validate(const TopicSpec& spec);

/// A task: one processor on one partition of its input topic.
struct TaskId {
  std::string processor;
  std::int32_t partition = 0;

  auto operator<=>(const TaskId&) const = default;
};

/// "fold/3".
std::string to_string(const TaskId& task);

struct Output {
  TopicPartition where;
  NewRecord record;
};

/// What one step of one task changes.
struct TaskCommit {
  TaskId task;
  TopicPartition input;       // what `position` counts in; its unread records are kept
  std::int64_t position = 0;  // next input offset to read
  std::vector<Output> outputs = {};
  state::StoreBatch state = {};  // keys of the task's own store
};

class Log : public Reader, public Appender {
 public:
  /// Makes the topic, or verifies that it is there with as many partitions and of the same kind
  /// (invalid_argument where not: neither can change under existing state). Retention and readers
  /// may change.
  virtual Result<void> create_topic(const TopicSpec& spec) = 0;

  /// Outputs, state and positions of all the given tasks, as one; consumes them. Called from
  /// several threads, calls may share a sync and then fail together. invalid_argument (an output
  /// that is too large, or goes to a raw topic), not_found (its topic) and exhausted (no room)
  /// change nothing. After any other error nothing is known about what was kept until the log is
  /// opened again, and every later call fails.
  virtual Result<void> commit(std::span<TaskCommit> commits) = 0;

  /// The committed position of a task; 0 where it never committed.
  virtual Result<std::int64_t> position(const TaskId& task) const = 0;

  /// The committed state of a task, for reading only (its writes go through `commit`). Lives as
  /// long as the log; used by one thread at a time.
  virtual std::unique_ptr<state::Store> task_store(const TaskId& task) const = 0;
};

}  // namespace weir::runtime
