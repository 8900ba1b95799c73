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

std::vector<BurndownPoint> thinned(const std::vector<BurndownPoint>& points, std::size_t most) {
  const DurationUs length = points.back().end_us - points.front().end_us + 1;
  const auto slots = static_cast<std::int64_t>(most);
  const auto slot_of = [&](const BurndownPoint& point) {
    return (point.end_us - points.front().end_us) / (length / slots + 1);
  };
  std::vector<BurndownPoint> few;
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
                       if (burndown.last.ledger_version() != result.ledger_version())
                         burndown.points.clear();
                       burndown.points.push_back(point_of(result));
                       burndown.last = result;
                       return true;
                     }));
  std::vector<Burndown> open;
  for (auto& [name, burndown] : by_name) {
    if (burndown.last.closed()) continue;
    burndown.points = thinned(burndown.points, query.points);
    open.push_back(std::move(burndown));
  }
  return open;
}

}  // namespace weir::results
