// Random events for the tests of readers and writers.
#pragma once

#include <deque>
#include <string>
#include <vector>

#include "processors/events/event.h"

namespace weir::events {

/// Rows and the texts that they point to.
struct RandomRows {
  std::deque<std::string> texts;
  std::vector<EventRow> rows;
};

/// `count` valid events: few and many different names, absent and wide numbers, unknown statuses,
/// times out of order. The same seed gives the same rows on every machine.
RandomRows random_rows(std::uint64_t seed, std::size_t count);

}  // namespace weir::events
