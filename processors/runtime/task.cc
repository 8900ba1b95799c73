#include "processors/runtime/task.h"

#include <algorithm>
#include <cassert>
#include <utility>

#include <spdlog/spdlog.h>

namespace weir::runtime {
namespace {

/// Of the memory for its state, what a task's cache has at least, however much its processor keeps.
constexpr std::size_t kLeastCacheShare = 8;

}  // namespace

Task::Task(const ProcessorSpec& spec, std::int32_t partition, Log& log, const Reader& input)
    : spec_(spec),
      id_{spec.name, partition},
      input_partition_{spec.input, partition},
      log_(log),
      input_(input) {}

Result<void> Task::open(const TaskOptions& options) {
  options_ = options;
  WEIR_ASSIGN(const std::int32_t input_partitions, input_.partitions(spec_.input));
  std::vector<std::int32_t> output_partitions;
  for (const std::string& topic : spec_.outputs) {
    WEIR_ASSIGN(const std::int32_t count, log_.partitions(topic));
    output_partitions.push_back(count);
  }
  WEIR_ASSIGN(position_, log_.position(id_));
  WEIR_ASSIGN(const std::int64_t lost_offsets, skip_expired());
  base_ = log_.task_store(id_);
  store_ = std::make_unique<state::WriteBack>(*base_, options.cache_bytes);
  context_ = std::make_unique<TaskContext>(id_.partition, input_partitions,
                                           std::move(output_partitions), *store_);
  context_->set_position(position_);
  context_->set_lost_offsets(lost_offsets);
  processor_ = spec_.make();
  return processor_->open(*context_);
}

Result<std::int64_t> Task::skip_expired() {
  WEIR_ASSIGN(const Bounds bounds, input_.bounds(input_partition_));
  if (position_ >= bounds.start) return 0;
  const std::int64_t read_until = std::exchange(position_, bounds.start);
  if (read_until == 0) return 0;
  spdlog::error(
      "event=unread_records_gone task={} topic={} partition={} from={} to={} hint=\"what may lack "
      "them says complete: false where it can; replay the raw records into a new directory, if a "
      "copy has them\"",
      to_string(id_), input_partition_.topic, input_partition_.partition, read_until, position_);
  return position_ - read_until;
}

Result<bool> Task::run(bool input_complete) {
  if (processor_->in_step()) {
    WEIR_TRY(processor_->resume(*context_));
    changed_ = true;
    return true;
  }
  if (next_in_batch_ == batch_.records.size()) {
    next_in_batch_ = 0;
    WEIR_TRY(input_.read(input_partition_, position_, options_.fetch_bytes, batch_));
    if (batch_.records.empty()) {
      // Behind what no reader is shown; nothing of ours changed by that.
      if (batch_.next > position_) context_->set_position(position_ = batch_.next);
      if (!options_.history || !input_complete || ended_) return false;
      ended_ = true;
      WEIR_TRY(processor_->end_of_input(*context_));
      changed_ = true;
      return true;
    }
  }
  const auto records = std::span<const Record>(batch_.records).subspan(next_in_batch_);
  auto taken = processor_->process(records, *context_);
  if (!taken)
    return within(fmt::format("{}@{}", to_string(input_partition_), position_), taken.error());
  assert(*taken <= records.size() &&
         (*taken > 0 || processor_->in_step() || processor_->commit_required()));
  next_in_batch_ += *taken;
  if (*taken > 0) {
    position_ = records[*taken - 1].offset + 1;
    append_time_ = records[*taken - 1].append_time_us;
  }
  context_->set_position(position_);
  changed_ = true;
  return true;
}

Result<TaskCommit> Task::prepare_commit() {
  WEIR_TRY(processor_->prepare_commit(*context_));
  TaskCommit commit{.task = id_, .input = input_partition_, .position = position_};
  for (TaskContext::Emitted& emitted : context_->take_emitted())
    commit.outputs.push_back(
        {{spec_.outputs[emitted.output], emitted.partition}, std::move(emitted.record)});
  commit.state = store_->take_changes();
  return commit;
}

void Task::committed() {
  changed_ = false;
  const std::size_t kept = processor_->memory_bytes();
  const std::size_t least = options_.cache_bytes / kLeastCacheShare;
  store_->set_cache_bytes(
      std::max(options_.cache_bytes - std::min(options_.cache_bytes, kept), least));
}

std::size_t Task::pending_bytes() const {
  return context_->emitted_bytes() + store_->dirty_bytes();
}

}  // namespace weir::runtime
