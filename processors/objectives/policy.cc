#include "processors/objectives/policy.h"

#include <algorithm>
#include <array>
#include <string>

#include "processors/objectives/objective.h"
#include "processors/objectives/parts.h"

namespace weir::objectives {
namespace {

constexpr DurationUs kPolicyWindowUs = 30 * kDayUs;
constexpr DurationUs kKeepLengthsFromUs = 28 * kDayUs;
constexpr std::int64_t kPercent = kPpb / 100;

constexpr std::array kRules = {
    BurnRule{"page-1h", "page", 2 * kPercent, kHourUs, 5 * kMinuteUs},
    BurnRule{"page-6h", "page", 5 * kPercent, 6 * kHourUs, 30 * kMinuteUs},
    BurnRule{"ticket-1d", "ticket", 10 * kPercent, kDayUs, 2 * kHourUs},
    BurnRule{"ticket-3d", "ticket", 10 * kPercent, 3 * kDayUs, 6 * kHourUs}};

DurationUs scaled(DurationUs length, DurationUs window) {
  if (window >= kKeepLengthsFromUs) return length;
  const auto exact = static_cast<DurationUs>(Wide{length} * window / kPolicyWindowUs);
  return std::max(align_up(exact, kPaneUs), kMinuteUs);
}

/// The shortest that holds as many slices as anything is said of.
DurationUs least_long(DurationUs window, const LowTraffic& low_traffic, DurationUs slice) {
  const Wide exact = Wide{low_traffic.min_events} * slice;
  return static_cast<DurationUs>(std::min<Wide>(exact, std::min(window, kMaxConditionUs)));
}

}  // namespace

std::int64_t burn_factor_ppb(std::int64_t budget_ppb, DurationUs window_us, DurationUs long_us) {
  return static_cast<std::int64_t>(Wide{budget_ppb} * window_us / long_us);
}

std::vector<v1::ConditionDefinition> default_conditions(DurationUs window_us,
                                                        const LowTraffic& low_traffic,
                                                        DurationUs slice_us) {
  const DurationUs least_us = least_long(window_us, low_traffic, slice_us);
  std::vector<v1::ConditionDefinition> conditions;
  for (const BurnRule& rule : kRules) {
    const DurationUs long_us = std::max(scaled(rule.long_us, window_us), least_us);
    const DurationUs short_us = scaled(rule.short_us, window_us);
    v1::ConditionDefinition& condition = conditions.emplace_back();
    condition.set_name(std::string(rule.name));
    condition.set_severity(std::string(rule.severity));
    condition.set_long_us(long_us);
    if (short_us < long_us) condition.set_short_us(short_us);
    condition.set_factor_ppb(burn_factor_ppb(rule.budget_ppb, window_us, long_us));
    condition.set_level_ppb(low_traffic.level_ppb);
    condition.set_min_events(low_traffic.min_events);
  }
  return conditions;
}

}  // namespace weir::objectives
