// Calendar windows: which period of a civil calendar a time is in. Pure arithmetic over the zone
// database of the machine; thread-safe.
#pragma once

#include <string_view>

#include "processors/core/result.h"
#include "processors/core/time.h"
#include "weir/v1/objective.pb.h"

#include <absl/time/time.h>

namespace weir::objectives {

struct Period {
  TimeUs start_us = 0;
  TimeUs end_us = 0;

  bool operator==(const Period&) const = default;
};

class Calendar {
 public:
  /// Error: invalid_argument, naming the unit, the count or the zone.
  static Result<Calendar> make(const v1::CalendarWindow& window);

  /// The period [start, end) that holds the time, also before the first one.
  Period period_of(TimeUs time) const;

 private:
  TimeUs start_of(std::int64_t period) const;

  std::int64_t days_ = 0;  // of a period, or
  std::int64_t months_ = 0;
  absl::TimeZone zone_;
  absl::CivilSecond first_;
};

/// "2022-01-01 12:00:00" in a zone of the IANA database. Error: invalid_argument.
Result<TimeUs> parse_civil(std::string_view text, std::string_view time_zone);

}  // namespace weir::objectives
