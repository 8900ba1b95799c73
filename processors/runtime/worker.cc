#include "processors/runtime/worker.h"

#include <algorithm>

#include "weir/v1/partial.pb.h"

namespace weir::runtime {
namespace {

/// What is read this long after it was appended is a backlog: its results are late anyhow, and come
/// with the next commit that is due.
constexpr DurationUs kLiveUs = 2 * kSecondUs;
/// So many ticks are left out where one could not be appended.
constexpr std::int64_t kRefusedTicks = 2;

}  // namespace

Result<void> Worker::open(const std::vector<std::int32_t>& partitions, TimeUs now) {
  if (tasks_.empty()) last_commit_ = now;
  for (const std::int32_t partition : partitions) {
    auto task = std::make_unique<Task>(spec_, partition, log_, input_);
    WEIR_TRY(task->open(options_.task));
    tasks_.push_back(std::move(task));
    inputs_.push_back({.at_end = false, .quiet_since = now});
  }
  return {};
}

Result<Worker::Progress> Worker::step(TimeUs now, bool input_complete) {
  // Whoever found its input empty is asked again after the next commit, or when everybody has.
  bool worked = false;
  for (std::size_t tries = 0; tries < tasks_.size() && !worked; ++tries) {
    std::size_t lowest = tasks_.size();
    for (std::size_t i = 0; i < tasks_.size(); ++i)
      if (!inputs_[i].at_end &&
          (lowest == tasks_.size() || tasks_[i]->watermark() < tasks_[lowest]->watermark()))
        lowest = i;
    if (lowest == tasks_.size()) break;
    WEIR_ASSIGN(worked, noted(*tasks_[lowest], tasks_[lowest]->run(input_complete)));
    inputs_[lowest].at_end = !worked;
    if (worked) inputs_[lowest].quiet_since = now;
    report(*tasks_[lowest]);
  }
  if (commit_due(now) || (!worked && options_.task.history && has_changes())) {
    WEIR_TRY(commit(now));
    worked = true;
  }
  if (spec_.ticks && !options_.task.history) WEIR_TRY(append_ticks(now));
  if (worked) return Progress::worked;

  for (Input& input : inputs_) input.at_end = false;
  if (options_.task.history && std::ranges::all_of(tasks_, &Task::finished))
    return Progress::finished;
  return Progress::idle;
}

void Worker::report(const Task& task) const {
  if (options_.facts.empty()) return;
  TaskFacts& facts = options_.facts[static_cast<std::size_t>(task.input().partition)];
  facts.position = task.position();
  facts.watermark_us = task.watermark();
  facts.append_time_us = task.append_time();
}

bool Worker::has_changes() const { return std::ranges::any_of(tasks_, &Task::has_changes); }

bool Worker::commit_due(TimeUs now) const {
  if (!has_changes()) return false;
  const DurationUs waited = now - last_commit_;
  if (waited >= options_.commit_interval_us) return true;
  if (std::ranges::any_of(tasks_, &Task::commit_required)) return true;
  std::size_t pending_bytes = 0;
  bool urgent = false;
  for (const auto& task : tasks_) {
    pending_bytes += task->pending_bytes();
    urgent |= task->commit_urgent() && task->append_time() >= now - kLiveUs;
  }
  if (pending_bytes >= options_.commit_bytes) return true;
  return urgent && !options_.task.history && waited >= options_.urgent_interval_us;
}

Result<void> Worker::commit(TimeUs now) {
  std::vector<TaskCommit> commits;
  for (const auto& task : tasks_) {
    if (!task->has_changes()) continue;
    WEIR_ASSIGN(commits.emplace_back(), noted(*task, task->prepare_commit()));
  }
  if (!commits.empty()) WEIR_TRY(log_.commit(commits));
  for (const auto& task : tasks_) task->committed();
  for (Input& input : inputs_) input.at_end = false;
  last_commit_ = now;
  return {};
}

Result<void> Worker::append_ticks(TimeUs now) {
  const TimeUs due =
      align_down(now - options_.tick_delay_us, options_.idle_after_us) + options_.tick_delay_us;
  for (std::size_t i = 0; i < tasks_.size(); ++i) {
    // A busy input beside it does not keep a quiet one waiting.
    if (!inputs_[i].at_end || inputs_[i].quiet_since >= due) continue;
    v1::TickRecord tick;
    tick.set_last_offset(tasks_[i]->position() - 1);
    const NewRecord record{.content_type = std::string(kTickType),
                           .value = tick.SerializeAsString()};
    const auto appended = log_.append(tasks_[i]->input(), {&record, 1});
    if (!appended && appended.error().code != ErrorCode::exhausted)
      return std::unexpected(appended.error());
    inputs_[i].quiet_since = now;
    if (appended) continue;
    // Time stands still where nothing can be appended; commits may still find room. To ask may take
    // seconds, in which nobody works: not for all at once, and not soon again.
    inputs_[i].quiet_since += kRefusedTicks * options_.idle_after_us;
    return {};
  }
  return {};
}

}  // namespace weir::runtime
