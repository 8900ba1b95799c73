#include "sinks/results/burndown.h"

#include <algorithm>
#include <map>
#include <utility>

#include "sinks/results/burn_results.h"

namespace weir::results {
namespace {

BurndownPoint point_of(const v1::BurnResult& result) {
  BurndownPoint point{.end_us = result.end_time_us()};
  if (result.budget().has_spent_ratio()) point.left_ratio = 1 - result.budget().spent_ratio();
  const auto hour = std::ranges::find(result.window(), kHourUs, &v1::BurnWindow::length_us);
  if (hour != result.window().end() && hour->has_burn_rate()) point.hour_rate = hour->burn_rate();
  return point;
}

/// A rolling window ends with its result; one of the calendar has mostly yet to.
bool is_calendar(const v1::BurnResult& result) {
  return result.budget().start_us() + result.budget().length_us() > result.end_time_us();
}

/// Whether both are told of one ledger, and of one window where it is of the calendar.
bool continues(const v1::BurnResult& last, const v1::BurnResult& next) {
  if (last.ledger_version() != next.ledger_version()) return false;
  return !is_calendar(next) || last.budget().start_us() == next.budget().start_us();
}

/// In at most so many points.
std::vector<BurndownPoint> thinned(const Burndown& burndown, std::size_t most) {
  const std::vector<BurndownPoint>& points = burndown.points;
  const TimeUs first_us = points.front().end_us;
  const TimeUs start_us = burndown.calendar ? burndown.last.budget().start_us() : first_us;
  const DurationUs length_us = points.back().end_us - start_us + 1;
  const DurationUs slot_us = length_us / static_cast<std::int64_t>(most - 2) + 1;
  const auto slot_of = [&](const BurndownPoint& point) {
    return (point.end_us - start_us) / slot_us;
  };
  std::vector<BurndownPoint> few;
  if (burndown.calendar) few.push_back({.end_us = start_us, .left_ratio = 1.0, .hour_rate = {}});
  // What is read may begin much later: then nothing is known of the time between.
  const DurationUs gap_us = std::max(slot_us, kMinuteUs);
  if (first_us - start_us > gap_us)
    few.push_back({.end_us = start_us + gap_us, .left_ratio = {}, .hour_rate = {}});
  for (std::size_t i = 0; i < points.size(); ++i)
    if (i + 1 == points.size() || slot_of(points[i + 1]) != slot_of(points[i]))
      few.push_back(points[i]);
  return few;
}

}  // namespace

Result<std::vector<Burndown>> read_burndown(const runtime::Reader& log,
                                            const BurndownQuery& query) {
  std::map<std::pair<std::string, std::string>, Burndown> by_name;
  WEIR_TRY(read_burn(log, {.objective = query.objective, .newest = query.newest},
                     [&by_name](const v1::BurnResult& result) {
                       Burndown& burndown = by_name[{result.objective(), series_text(result)}];
                       if (!continues(burndown.last, result)) burndown = {};
                       if (is_calendar(result)) burndown.calendar = true;
                       burndown.points.push_back(point_of(result));
                       burndown.last = result;
                       return true;
                     }));
  std::vector<Burndown> open;
  for (auto& [name, burndown] : by_name) {
    if (burndown.last.closed()) continue;
    burndown.points = thinned(burndown, query.points);
    open.push_back(std::move(burndown));
  }
  return open;
}

}  // namespace weir::results
