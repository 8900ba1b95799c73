// A task: one processor on one input partition, from its committed position on. It reads, lets the
// processor fold, and gathers what a commit needs; the worker decides when. Owned and called by one
// worker thread. After any error it must be dropped: only what is committed counts.
#pragma once

#include <cstdint>
#include <memory>

#include "processors/core/result.h"
#include "processors/runtime/log.h"
#include "processors/runtime/processor.h"
#include "processors/state/write_back.h"

namespace weir::runtime {

struct TaskOptions {
  std::size_t fetch_bytes = 1 << 20;   // of one read; larger reads save calls and cost memory
  std::size_t cache_bytes = 64 << 20;  // clean state kept in memory
  bool history = false;                // no ticks; the processor is told where the input ends
};

class Task {
 public:
  /// `log` takes outputs, state and position; `input` is what is read (the same log, or another one
  /// when history is replayed). All outlive the task.
  Task(const ProcessorSpec& spec, std::int32_t partition, Log& log, const Reader& input);

  /// Restores the processor from what is committed. Once, first.
  Result<void> open(const TaskOptions& options);

  /// One unit of work: a resumed step, or some records. False: nothing to read just now.
  /// `input_complete`: what is not there now will never come (matters to histories).
  Result<bool> run(bool input_complete);

  /// Everything since the last commit. The processor may add to it.
  Result<TaskCommit> prepare_commit();
  /// The commit succeeded.
  void committed();

  bool has_changes() const { return changed_; }
  bool commit_required() const { return processor_->commit_required(); }
  bool commit_urgent() const { return processor_->commit_urgent(); }
  /// Of outputs and state that wait for a commit.
  std::size_t pending_bytes() const;
  /// History: the end was reached and told, and no step is open.
  bool finished() const { return ended_ && !processor_->in_step(); }

  TimeUs watermark() const { return processor_->watermark(); }
  const TopicPartition& input() const { return input_partition_; }
  std::int64_t position() const { return position_; }
  /// Of the last record that was read; kMinTime: none was since `open`.
  TimeUs append_time() const { return append_time_; }

 private:
  /// An input may begin behind 0, and so does a task that is new. One that had read some of it, and
  /// not all that is gone, says so and goes on: its log lets that happen only where it is accepted.
  /// How many offsets it lost.
  Result<std::int64_t> skip_expired();

  const ProcessorSpec& spec_;
  const TaskId id_;
  const TopicPartition input_partition_;
  Log& log_;
  const Reader& input_;
  TaskOptions options_;

  std::unique_ptr<state::Store> base_;
  std::unique_ptr<state::WriteBack> store_;
  std::unique_ptr<TaskContext> context_;
  std::unique_ptr<Processor> processor_;

  RecordBatch batch_;
  std::size_t next_in_batch_ = 0;
  std::int64_t position_ = 0;
  TimeUs append_time_ = kMinTime;
  bool changed_ = false;
  bool ended_ = false;
};

}  // namespace weir::runtime
