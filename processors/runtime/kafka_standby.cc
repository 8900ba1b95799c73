#include "processors/runtime/kafka_standby.h"

#include <algorithm>

#include "processors/runtime/kafka_options.h"

namespace weir::runtime {

Result<bool> Standby::step(const std::set<TaskId>& owned, TimeUs now) {
  bool worked = false;
  for (const TaskId& task : setup_.tasks) {
    if (owned.contains(task)) {
      copies_.erase(task);
      continue;
    }
    const auto read = read_on(task, now);
    if (!read) {
      copies_.clear();
      changelogs_.reset();
      return read;
    }
    worked |= *read;
  }
  return worked;
}

Result<bool> Standby::read_on(const TaskId& task, TimeUs now) {
  if (changelogs_ == nullptr) {
    WEIR_ASSIGN(changelogs_, setup_.clients->open_changelogs());
  }
  auto& copy = copies_[task];
  if (copy == nullptr) {
    const TopicPartition changelog{changelog_topic(task.processor), task.partition};
    auto begun =
        Restore::begin({.task = task,
                        .changelog = changelog,
                        .owner = fmt::format("{}/{}", setup_.cluster, to_string(changelog)),
                        .committed = std::nullopt,
                        .follows = true},
                       *changelogs_, *setup_.stores, now);
    // A worker of this process is about to open or to close it.
    if (!begun && begun.error().code == ErrorCode::locked) return false;
    if (!begun) return std::unexpected(begun.error());
    copy = *std::move(begun);
  }
  const std::int64_t before = copy->position();
  WEIR_ASSIGN(const bool at_end, copy->step());
  if (at_end) WEIR_TRY(copy->extend());
  return copy->position() != before;
}

std::map<TaskId, std::int64_t> Standby::lags() const {
  std::map<TaskId, std::int64_t> lags;
  for (const auto& [task, copy] : copies_)
    if (copy != nullptr) lags[task] = std::max<std::int64_t>(0, copy->end() - copy->position());
  return lags;
}

}  // namespace weir::runtime
