// Which series of a task a tick has to look at: those that may close a pane, tell a window or be
// forgotten then. A look at a series that has nothing to tell costs time and changes nothing, so
// entries may be too many but never too few. Not state: it is made again from what is stored. One
// thread.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "processors/core/time.h"

namespace weir::windows {

class Schedule {
 public:
  using SeriesId = std::uint32_t;

  /// The series is to be looked at in the tick that ends at `end`.
  void add(SeriesId id, TimeUs end) { later_[end].push_back(id); }

  /// The first tick, not begun yet, that looks at anything; nullopt: none does.
  std::optional<TimeUs> next() const;

  /// Begins the tick that ends at `end`: those due until then are due now.
  void begin(TimeUs end);
  /// The first series from `from` on that is due in the tick begun; nullopt: none is.
  std::optional<SeriesId> next_due(SeriesId from) const;

 private:
  std::map<TimeUs, std::vector<SeriesId>> later_;
  std::vector<SeriesId> due_;  // ascending
};

}  // namespace weir::windows
