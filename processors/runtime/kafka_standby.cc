#include "processors/runtime/kafka_standby.h"

#include <algorithm>

#include "processors/runtime/kafka_options.h"
#include "processors/runtime/kafka_trouble.h"

namespace weir::runtime {

bool Standby::step(const std::set<TaskId>& owned, TimeUs now) {
  bool worked = false;
  for (const TaskId& task : setup_.tasks) {
    if (owned.contains(task)) {
      if (copies_.erase(task) == 0) continue;
      const std::lock_guard lock(mutex_);
      facts_.erase(task);
      continue;
    }
    Copy& copy = copies_[task];
    if (now < copy.not_before) continue;
    const auto read = read_on(task, copy, now);
    if (!read) {
      tell_trouble(fmt::format("standby {}", to_string(task)), read.error());
      copy = {.restore = nullptr, .not_before = now + kRetryPauseUs};
      note(task, {.trouble = read.error().message});
      continue;
    }
    worked |= *read;
    if (copy.restore != nullptr)
      note(task, {.lag_records =
                      std::max<std::int64_t>(0, copy.restore->end() - copy.restore->position())});
  }
  return worked;
}

Result<bool> Standby::read_on(const TaskId& task, Copy& copy, TimeUs now) {
  if (changelogs_ == nullptr) {
    WEIR_ASSIGN(changelogs_, setup_.clients->open_changelogs());
  }
  if (copy.restore == nullptr) {
    const TopicPartition changelog{changelog_topic(task.processor), task.partition};
    auto begun =
        Restore::begin({.task = task,
                        .changelog = changelog,
                        .owner = fmt::format("{}/{}", setup_.cluster, to_string(changelog)),
                        .committed = std::nullopt,
                        .usable_us = setup_.usable_us,
                        .follows = true},
                       *changelogs_, *setup_.stores, now);
    // A worker of this process is about to open or to close it.
    if (!begun && begun.error().code == ErrorCode::locked) return false;
    if (!begun) return std::unexpected(begun.error());
    copy.restore = *std::move(begun);
  }
  Restore& restore = *copy.restore;
  const std::int64_t before = restore.position();
  WEIR_ASSIGN(const bool at_end, restore.step());
  if (at_end) WEIR_TRY(restore.extend());
  return restore.position() != before;
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
