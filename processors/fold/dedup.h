// Which records were seen: the same id within the horizon counts once. One thread.
#pragma once

#include <cstdint>
#include <deque>
#include <string_view>
#include <utility>

#include "processors/core/id.h"
#include "processors/core/result.h"
#include "processors/core/time.h"
#include "processors/state/write_back.h"

namespace weir::fold {

class Dedup {
 public:
  Dedup(DurationUs horizon_us, state::WriteBack& store) : horizon_us_(horizon_us), store_(store) {}

  /// Reads what is committed.
  Result<void> open();

  enum class Verdict : std::uint8_t {
    first,
    repeated,    // the same id and content
    conflicting  // the same id with another content
  };
  /// `append_time_us` is the log's, and never goes back.
  Result<Verdict> see(const Id& id, std::string_view content, TimeUs append_time_us);

 private:
  void forget_before(TimeUs append_time_us);

  const DurationUs horizon_us_;
  state::WriteBack& store_;
  std::deque<std::pair<TimeUs, Id>> by_age_;  // oldest first
};

}  // namespace weir::fold
