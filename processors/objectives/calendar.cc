#include "processors/objectives/calendar.h"

#include <string>

#include <absl/time/civil_time.h>

namespace weir::objectives {
namespace {

Result<absl::TimeZone> zone_of(std::string_view name) {
  absl::TimeZone zone;
  if (absl::LoadTimeZone({name.data(), name.size()}, &zone)) return zone;
  return fail(ErrorCode::invalid_argument,
              "'{}' is not a time zone of this machine; write one as Europe/Zurich or UTC", name);
}

struct Unit {
  std::string_view name;
  std::int64_t days;
  std::int64_t months;
};
constexpr Unit kUnits[] = {
    {"day", 1, 0}, {"week", 7, 0}, {"month", 0, 1}, {"quarter", 0, 3}, {"year", 0, 12}};

}  // namespace

Result<Calendar> Calendar::make(const v1::CalendarWindow& window) {
  Calendar calendar;
  for (const Unit& unit : kUnits) {
    if (unit.name != window.unit()) continue;
    calendar.days_ = unit.days * window.count();
    calendar.months_ = unit.months * window.count();
  }
  if (window.count() < 1 || window.count() > 1'000 || calendar.days_ + calendar.months_ == 0)
    return fail(ErrorCode::invalid_argument,
                "a calendar window of {} {}: it is some days, weeks, months, quarters or years",
                window.count(), window.unit());
  WEIR_ASSIGN(calendar.zone_, zone_of(window.time_zone()));
  calendar.first_ = absl::ToCivilSecond(absl::FromUnixMicros(window.start_us()), calendar.zone_);
  return calendar;
}

TimeUs Calendar::start_of(std::int64_t period) const {
  absl::CivilSecond civil = first_;
  if (days_ != 0) {
    const absl::CivilDay day = absl::CivilDay(first_) + days_ * period;
    civil = absl::CivilSecond(day.year(), day.month(), day.day(), first_.hour(), first_.minute(),
                              first_.second());
  } else {
    // The last day of a month stands in for one that it has not.
    const absl::CivilMonth month = absl::CivilMonth(first_) + months_ * period;
    const absl::CivilDay last = absl::CivilDay(month + 1) - 1;
    civil = absl::CivilSecond(month.year(), month.month(), std::min(first_.day(), last.day()),
                              first_.hour(), first_.minute(), first_.second());
  }
  return absl::ToUnixMicros(absl::FromCivil(civil, zone_));
}

Period Calendar::period_of(TimeUs time) const {
  const absl::CivilSecond civil = absl::ToCivilSecond(absl::FromUnixMicros(time), zone_);
  std::int64_t period = days_ != 0 ? (absl::CivilDay(civil) - absl::CivilDay(first_)) / days_
                                   : (absl::CivilMonth(civil) - absl::CivilMonth(first_)) / months_;
  while (start_of(period) > time) --period;
  while (start_of(period + 1) <= time) ++period;
  return {start_of(period), start_of(period + 1)};
}

Result<TimeUs> parse_civil(std::string_view text, std::string_view time_zone) {
  WEIR_ASSIGN(const absl::TimeZone zone, zone_of(time_zone));
  absl::CivilSecond civil;
  if (!absl::ParseLenientCivilTime({text.data(), text.size()}, &civil)) {
    std::string with_t(text);
    if (const auto space = with_t.find(' '); space != std::string::npos) with_t[space] = 'T';
    if (!absl::ParseLenientCivilTime(with_t, &civil))
      return fail(ErrorCode::invalid_argument,
                  "'{}' is not a time; write it as 2022-01-01 12:00:00", text);
  }
  return absl::ToUnixMicros(absl::FromCivil(civil, zone));
}

}  // namespace weir::objectives
