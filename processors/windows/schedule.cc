#include "processors/windows/schedule.h"

#include <algorithm>

namespace weir::windows {

std::optional<TimeUs> Schedule::next() const {
  if (later_.empty()) return std::nullopt;
  return later_.begin()->first;
}

void Schedule::begin(TimeUs end) {
  due_.clear();
  while (!later_.empty() && later_.begin()->first <= end) {
    const std::vector<SeriesId>& ids = later_.begin()->second;
    due_.insert(due_.end(), ids.begin(), ids.end());
    later_.erase(later_.begin());
  }
  std::ranges::sort(due_);
}

std::optional<Schedule::SeriesId> Schedule::next_due(SeriesId from) const {
  const auto first = std::ranges::lower_bound(due_, from);
  if (first == due_.end()) return std::nullopt;
  return *first;
}

}  // namespace weir::windows
