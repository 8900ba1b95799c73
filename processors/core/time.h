// Time as Weir writes it: signed microseconds since the Unix epoch, UTC; durations are signed
// microseconds. No function here reads a clock. Thread-safe.
#pragma once

#include <cstdint>
#include <limits>
#include <string>
#include <string_view>

#include "processors/core/result.h"

namespace weir {

using TimeUs = std::int64_t;
using DurationUs = std::int64_t;

inline constexpr DurationUs kMillisecondUs = 1'000;
inline constexpr DurationUs kSecondUs = 1'000'000;
inline constexpr DurationUs kMinuteUs = 60 * kSecondUs;
inline constexpr DurationUs kHourUs = 60 * kMinuteUs;
inline constexpr DurationUs kDayUs = 24 * kHourUs;

/// Before every time: what a watermark is until something was read.
inline constexpr TimeUs kMinTime = std::numeric_limits<TimeUs>::min();
/// After every time.
inline constexpr TimeUs kMaxTime = std::numeric_limits<TimeUs>::max();

/// Division and remainder that round towards the past (also for negative times). span > 0.
constexpr std::int64_t floor_div(TimeUs time, DurationUs span) {
  const std::int64_t quotient = time / span;
  return time % span < 0 ? quotient - 1 : quotient;
}
constexpr std::int64_t floor_mod(TimeUs time, DurationUs span) {
  return time - floor_div(time, span) * span;
}
/// Largest multiple of `span` that is <= time.
constexpr TimeUs align_down(TimeUs time, DurationUs span) { return floor_div(time, span) * span; }
/// Smallest multiple of `span` that is >= time.
constexpr TimeUs align_up(TimeUs time, DurationUs span) {
  const TimeUs down = align_down(time, span);
  return down == time ? down : down + span;
}

/// RFC 3339 with a zone ("2023-11-16T18:17:03.979960Z", offsets accepted); at most µs are kept,
/// further digits are cut off. Error: invalid_argument, with the text.
Result<TimeUs> parse_rfc3339(std::string_view text);
/// UTC with "Z"; a fraction of six digits only where there is one.
std::string format_rfc3339(TimeUs time);

/// A number with one unit of us, ms, s, m, h, d ("250ms", "1m", "30d"); whole numbers only, > 0 or
/// 0.
Result<DurationUs> parse_duration(std::string_view text);
/// In the largest unit that divides it: 60 s is "1m", 90 s is "90s".
std::string format_duration(DurationUs duration);
/// For people, and not to be read back: in as many units as it has some of, so that 90 s is "1m30s"
/// and 1,008 minutes are "16h48m". What is below 0 is "0s".
std::string describe_duration(DurationUs duration);

}  // namespace weir
