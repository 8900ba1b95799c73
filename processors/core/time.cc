#include "processors/core/time.h"

#include <array>
#include <charconv>
#include <utility>

#include <absl/time/time.h>

#include "processors/core/text.h"

namespace weir {
namespace {

struct Unit {
  std::string_view name;
  DurationUs span;
};

// Largest first, as format_duration picks them.
constexpr std::array kUnits = {Unit{"d", kDayUs},          Unit{"h", kHourUs},
                               Unit{"m", kMinuteUs},       Unit{"s", kSecondUs},
                               Unit{"ms", kMillisecondUs}, Unit{"us", 1}};

/// What RFC 3339 can write. Abseil also takes infinities and years of any length.
bool has_four_digits(absl::Time time) {
  const auto utc = absl::UTCTimeZone();
  return time >= absl::FromCivil(absl::CivilYear(0), utc) &&
         time < absl::FromCivil(absl::CivilYear(10'000), utc);
}

}  // namespace

Result<TimeUs> parse_rfc3339(std::string_view text) {
  absl::Time time;
  std::string reason;
  if (!absl::ParseTime(absl::RFC3339_full, {text.data(), text.size()}, &time, &reason) ||
      !has_four_digits(time))
    return fail(ErrorCode::invalid_argument,
                "{} is not a time; write it as RFC 3339, for example 2023-11-16T18:17:03Z",
                quote(text));
  return absl::ToUnixMicros(time);
}

std::string format_rfc3339(TimeUs time) {
  const bool whole = time % kSecondUs == 0;
  return absl::FormatTime(whole ? "%E4Y-%m-%dT%H:%M:%SZ" : "%E4Y-%m-%dT%H:%M:%E6SZ",
                          absl::FromUnixMicros(time), absl::UTCTimeZone());
}

Result<DurationUs> parse_duration(std::string_view text) {
  std::int64_t number = 0;
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, number);
  if (error == std::errc{} && number >= 0) {
    const std::string_view suffix(stop, static_cast<std::size_t>(end - stop));
    for (const Unit& unit : kUnits)
      if (suffix == unit.name && number <= kMaxTime / unit.span) return number * unit.span;
  }
  return fail(ErrorCode::invalid_argument,
              "{} is not a duration; write a whole number and a unit, for example 250ms, 10s, 1h",
              quote(text));
}

std::string format_duration(DurationUs duration) {
  for (const Unit& unit : kUnits)
    if (duration % unit.span == 0 && duration != 0)
      return fmt::format("{}{}", duration / unit.span, unit.name);
  return "0s";
}

std::string describe_duration(DurationUs duration) {
  std::string text;
  for (const Unit& unit : kUnits) {
    if (duration < unit.span) continue;
    text += fmt::format("{}{}", duration / unit.span, unit.name);
    duration %= unit.span;
  }
  return text.empty() ? "0s" : text;
}

}  // namespace weir
