#include "processors/kpi/evaluate.h"

#include <algorithm>
#include <cassert>

#include "processors/aggregates/kpi_values.h"

namespace weir::kpi {

using windows::PaneRange;
using windows::WindowPlan;

bool Evaluator::is_active(const Series& series, const WindowPlan& plan, TimeUs end) {
  return series.last_end_us != kMinTime && end <= series.last_end_us + plan.memory_us();
}

Result<void> Evaluator::tick(SeriesId id, TimeUs end, const Moment& moment, const Emit& emit) {
  Series& series = *table_.find(id);
  const aggregates::Scope& scope = table_.scope_of(series).scope();
  const WindowPlan& plan = scope.plan;
  WEIR_TRY(close(series, id, end));
  if (!is_active(series, plan, end)) return {};

  v1::KpiResult result;
  for (std::size_t w = 0; w < plan.windows().size(); ++w) {
    const windows::Window& window = plan.windows()[w];
    if (floor_mod(end, window.hop_us) != 0) continue;
    // A history ends each window at its first end after the last event.
    if (moment.history_end_us != kMinTime &&
        end > align_up(moment.history_end_us + 1, window.hop_us))
      continue;
    if (!is_changed(series, w, end)) continue;
    if (result.window().empty()) result = header(series, end);
    v1::WindowResult& told = *result.add_window();
    told.set_length_us(window.length_us);
    told.set_hop_us(window.hop_us);
    told.set_complete(moment.sources->complete(end - window.length_us, end));
    WEIR_ASSIGN(*told.mutable_value(), value_of(series, id, w, end));
  }
  if (!result.window().empty()) emit(series, result);
  return {};
}

Result<void> Evaluator::close(Series& series, SeriesId id, TimeUs end) {
  const WindowPlan& plan = table_.scope_of(series).scope().plan;
  if (is_active(series, plan, end)) series.occupancy.advance(plan, end);
  for (std::size_t tier = 0; tier < plan.tiers().size() && plan.keeps(tier); ++tier) {
    const DurationUs span = plan.tiers()[tier].span_us;
    if (floor_mod(end, span) != 0) break;
    const std::int64_t pane = floor_div(end, span) - 1;
    parts_.clear();
    WEIR_ASSIGN(const bool open,
                panes_.take_open(
                    {.series = id, .tier = static_cast<std::uint8_t>(tier), .pane = pane}, parts_));
    const bool active = is_active(series, plan, end);  // a finer pane may just have closed
    if (!open && !active) continue;
    if (tier > 0 && active) {
      const std::int64_t ratio = span / plan.tiers()[tier - 1].span_us;
      for (std::int64_t fine = pane * ratio; fine < (pane + 1) * ratio; ++fine)
        WEIR_TRY(panes_.merge_closed(series, id, {tier - 1, fine, fine + 1}, tier, parts_));
    }
    if (parts_.empty()) continue;
    series.occupancy.advance(plan, end);
    panes_.put_closed(series, id, {tier, pane, pane + 1}, parts_);
    series.last_end_us = std::max(series.last_end_us, end);
    table_.touch(id);
  }
  return {};
}

Result<v1::KpiValues> Evaluator::value_of(const Series& series, SeriesId id, std::size_t window,
                                          TimeUs end) {
  const KeptScope& kept = table_.scope_of(series);
  const WindowPlan& plan = kept.scope().plan;
  const std::size_t base = plan.base_tier(window);
  parts_.clear();
  plan.panes_of(window, end, ranges_);
  for (const PaneRange& range : ranges_)
    for (std::int64_t pane = range.first; pane < range.last; ++pane)
      WEIR_TRY(panes_.merge_closed(series, id, {range.tier, pane, pane + 1}, base, parts_));
  aggregates::InferenceAggregate& all = parts_.at(0);
  for (std::size_t entry = 1; entry <= base; ++entry)
    if (parts_.has(entry)) all.merge_adjacent(parts_.get(entry));
  return aggregates::to_values(all, plan.windows()[window].length_us, kept.scope(),
                               kept.definitions->rated());
}

bool Evaluator::is_changed(const Series& series, std::size_t window, TimeUs end) const {
  const WindowPlan& plan = table_.scope_of(series).scope().plan;
  const auto& [length_us, hop_us] = plan.windows()[window];
  const std::int64_t entered = floor_div(end, hop_us) - 1;
  const std::int64_t left = entered - length_us / hop_us;
  const std::size_t base = plan.base_tier(window);
  return series.occupancy.test(plan, base, entered) || series.occupancy.test(plan, base, left);
}

v1::KpiResult Evaluator::header(const Series& series, TimeUs end) const {
  const KeptScope& kept = table_.scope_of(series);
  v1::KpiResult result;
  result.set_version(1);
  for (const aggregates::Dimension dimension : kept.scope().dimensions)
    result.add_scope(std::string(aggregates::to_string(dimension)));
  // They were checked when the series was admitted.
  auto values = aggregates::decode_series(series.values, kept.scope().dimensions.size());
  assert(values);
  for (std::string& value : *values) result.add_series(std::move(value));
  result.set_end_time_us(end);
  result.set_definitions_hash(kept.definitions->hash());
  result.set_overflow(series.overflow);
  return result;
}

}  // namespace weir::kpi
