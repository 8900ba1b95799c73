// The seam between the runtime and what Weir computes. A processor is a pure function of one input
// partition: it reads no clock, does no other I/O and draws no random number. The runtime creates
// one per task, calls it from one thread, and destroys it after any error.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "processors/core/result.h"
#include "processors/runtime/io.h"
#include "processors/state/write_back.h"

namespace weir::runtime {

/// What a processor sees of its task during a call.
class TaskContext {
 public:
  struct Emitted {
    std::size_t output;  // index into ProcessorSpec::outputs
    std::int32_t partition;
    NewRecord record;
  };

  TaskContext(std::int32_t partition, std::int32_t input_partitions,
              std::vector<std::int32_t> output_partitions, state::WriteBack& store)
      : partition_(partition),
        input_partitions_(input_partitions),
        output_partitions_(std::move(output_partitions)),
        store_(store) {}

  std::int32_t partition() const { return partition_; }
  /// The next input offset to be processed.
  std::int64_t position() const { return position_; }
  void set_position(std::int64_t position) { position_ = position; }
  /// Input offsets directly before the position at which the task began that were gone before it
  /// read them; what it commits ends that.
  std::int64_t lost_offsets() const { return lost_offsets_; }
  void set_lost_offsets(std::int64_t offsets) { lost_offsets_ = offsets; }
  std::int32_t input_partitions() const { return input_partitions_; }
  std::int32_t output_partitions(std::size_t output) const { return output_partitions_[output]; }
  state::WriteBack& store() { return store_; }

  void emit(std::size_t output, std::int32_t partition, NewRecord record) {
    emitted_bytes_ += record.key.size() + record.value.size();
    emitted_.push_back({output, partition, std::move(record)});
  }
  std::size_t emitted_bytes() const { return emitted_bytes_; }
  std::vector<Emitted> take_emitted() {
    emitted_bytes_ = 0;
    return std::exchange(emitted_, {});
  }

 private:
  std::int32_t partition_;
  std::int64_t position_ = 0;
  std::int64_t lost_offsets_ = 0;
  std::int32_t input_partitions_;
  std::vector<std::int32_t> output_partitions_;
  state::WriteBack& store_;
  std::vector<Emitted> emitted_;
  std::size_t emitted_bytes_ = 0;
};

class Processor {
 public:
  virtual ~Processor() = default;

  /// Loads what it keeps in memory from its store. Called once, first.
  virtual Result<void> open(TaskContext& context) = 0;

  /// Takes records in order and says how many it took: at least one, unless `in_step()` or
  /// `commit_required()`. Bad input
  /// is no error (it has a dead letter); an error stops the task.
  virtual Result<std::size_t> process(std::span<const Record> records, TaskContext& context) = 0;

  /// A step that produces much is resumable: while one is open the runtime calls `resume` instead
  /// of `process`, and may commit between.
  virtual bool in_step() const { return false; }
  virtual Result<void> resume(TaskContext& context) {
    (void)context;
    return {};
  }

  /// Brings what is only in memory into `context`, before a commit at context.position().
  virtual Result<void> prepare_commit(TaskContext& context) = 0;

  /// History only: the input is complete. Called once per run, after the last record; must do
  /// nothing the second time (a run may be resumed after its end).
  virtual Result<void> end_of_input(TaskContext& context) {
    (void)context;
    return {};
  }

  /// What it holds for the next commit has reached its own budget: nothing more can be taken
  /// before, and `process` may take nothing.
  virtual bool commit_required() const { return false; }
  /// A commit should not wait for the interval: a watermark crossed a hop, a condition changed.
  virtual bool commit_urgent() const { return false; }
  /// What it keeps in memory for as long as its state says so, about: it leaves that much less to
  /// the cache of its state. What has a budget of its own does not count.
  virtual std::size_t memory_bytes() const { return 0; }
  /// How far this task is in event time: a worker reads the lowest first. kMinTime: not known yet.
  virtual TimeUs watermark() const = 0;
};

/// A node of the graph, as data.
struct ProcessorSpec {
  std::string name;
  std::string input;                 // topic
  std::vector<std::string> outputs;  // topics, in the order of TaskContext::emit's index
  bool ticks = false;                // the runtime appends tick records to its idle inputs
  std::function<std::unique_ptr<Processor>()> make;
};

}  // namespace weir::runtime
