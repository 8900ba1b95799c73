#include "processors/runtime/kafka_standby.h"

#include <algorithm>
#include <utility>

#include "processors/runtime/kafka_options.h"
#include "processors/runtime/kafka_trouble.h"

namespace weir::runtime {

bool Standby::step(const std::set<TaskId>& owned, TimeUs now) {
  give_up_owned(owned);
  // From after the wait for an answer, which may have been ten seconds.
  if (std::exchange(no_answer_, false)) ask_again_at_ = now + kRetryPauseUs;
  bool worked = false;
  for (auto next = order_.begin(); next != order_.end(); ++next) {
    const TaskId& task = *next;
    if (owned.contains(task)) continue;
    Copy& copy = copies_[task];
    if (copy.not_before && now < std::max(*copy.not_before, ask_again_at_)) continue;
    const auto read = read_on(task, copy, now);
    if (read) {
      worked |= *read;
      continue;
    }
    tell_trouble(fmt::format("standby {}", to_string(task)), read.error());
    close(task, copy);
    copy.not_before = now + kRetryPauseUs;
    note(task, {.trouble = read.error().message});
    if (read.error().code != ErrorCode::io) continue;
    // Workers may wait for copies meanwhile; and the others go first.
    no_answer_ = true;
    std::rotate(order_.begin(), next + 1, order_.end());
    return worked;
  }
  return worked;
}

void Standby::give_up_owned(const std::set<TaskId>& owned) {
  for (const TaskId& task : owned) {
    const auto found = copies_.find(task);
    if (found == copies_.end()) continue;
    close(task, found->second);
    copies_.erase(found);
    const std::lock_guard lock(mutex_);
    facts_.erase(task);
  }
}

Result<bool> Standby::read_on(const TaskId& task, Copy& copy, TimeUs now) {
  if (copy.restore == nullptr) {
    WEIR_TRY(open(task, copy, now));
    if (copy.restore == nullptr) return false;
  }
  Restore& restore = *copy.restore;
  const std::int64_t before = restore.position();
  if (take_turn(task, restore)) {
    WEIR_ASSIGN(const bool at_end, restore.step());
    if (at_end && catches_up_ == task) catches_up_.reset();
    if (at_end) WEIR_TRY(restore.extend());
  }
  copy.not_before.reset();
  note(task, {.lag_records = std::max<std::int64_t>(0, restore.end() - restore.position())});
  return restore.position() != before;
}

/// Not open after that: a worker of this process is about to open or to close it.
Result<void> Standby::open(const TaskId& task, Copy& copy, TimeUs now) {
  if (changelogs_ == nullptr) {
    WEIR_ASSIGN(changelogs_, setup_.clients->open_changelogs());
  }
  const TopicPartition changelog{changelog_topic(task.processor), task.partition};
  auto begun = Restore::begin({.task = task,
                               .changelog = changelog,
                               .owner = fmt::format("{}/{}", setup_.cluster, to_string(changelog)),
                               .committed = std::nullopt,
                               .usable_us = setup_.usable_us,
                               .follows = true},
                              *changelogs_, *setup_.stores, now);
  if (!begun && begun.error().code == ErrorCode::locked) return {};
  WEIR_ASSIGN(copy.restore, std::move(begun));
  return {};
}

bool Standby::take_turn(const TaskId& task, const Restore& restore) {
  if (restore.end() - restore.position() <= kFarBehind) return true;
  if (!catches_up_) catches_up_ = task;
  return *catches_up_ == task;
}

void Standby::close(const TaskId& task, Copy& copy) {
  copy.restore.reset();
  if (changelogs_ != nullptr) changelogs_->stop({changelog_topic(task.processor), task.partition});
  if (catches_up_ == task) catches_up_.reset();
}

void Standby::note(const TaskId& task, const StandbyFacts& facts) {
  const std::lock_guard lock(mutex_);
  facts_[task] = facts;
}

std::map<TaskId, StandbyFacts> Standby::facts() const {
  const std::lock_guard lock(mutex_);
  return facts_;
}

}  // namespace weir::runtime
