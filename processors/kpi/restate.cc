// The part of the evaluator that tells ticks again.
#include <algorithm>

#include "processors/aggregates/kpi_values.h"
#include "processors/kpi/evaluate.h"

namespace weir::kpi {

using aggregates::InferenceAggregate;
using windows::WindowPlan;

Result<void> Evaluator::restate(SeriesId id, std::optional<Range> range, const Moment& moment,
                                const Emit& emit, const Lost& lost) {
  Series& series = *table_.find(id);
  const aggregates::Scope& scope = table_.scope_of(series).scope();
  const WindowPlan& plan = scope.plan;
  WEIR_ASSIGN(const Late late, panes_.take_late(id));
  const bool in_range = range && is_active(series, plan, range->from_us);
  if (late.empty() && !in_range) return {};
  series.occupancy.advance(plan, moment.closed_until_us);
  table_.touch(id);

  Ends ends;
  for (const auto& [pane, value] : late)
    if (!touch_ends(series, pane, moment.closed_until_us, ends)) lost(value.requests());
  if (in_range) add_range(series, *range, moment.closed_until_us, ends);

  // All that was told before anything changes, then all that is to be told instead.
  std::vector<v1::KpiValues> before;
  for (const auto& [end, due] : ends) {
    for (const std::size_t window : due) {
      WEIR_ASSIGN(before.emplace_back(), value_of(series, id, window, end));
    }
  }
  WEIR_TRY(apply(series, id, late, moment.closed_until_us));
  auto old = before.begin();
  for (const auto& [end, due] : ends) {
    v1::KpiResult result = header(series, end);
    result.set_restates(true);
    for (const std::size_t w : due) {
      WEIR_ASSIGN(v1::KpiValues value, value_of(series, id, w, end));
      v1::KpiValues& restated = *old++;
      v1::WindowResult& told = *result.add_window();
      told.set_length_us(plan.windows()[w].length_us);
      told.set_hop_us(plan.windows()[w].hop_us);
      told.set_complete(moment.sources->complete(end - plan.windows()[w].length_us, end));
      *told.mutable_difference() = aggregates::difference(value, restated);
      *told.mutable_value() = std::move(value);
      *told.mutable_restated() = std::move(restated);
    }
    emit(series, result);
  }
  return {};
}

bool Evaluator::touch_ends(const Series& series, const PaneKey& late, TimeUs closed_until,
                           Ends& ends) const {
  const WindowPlan& plan = table_.scope_of(series).scope().plan;
  const TimeUs start = late.pane * plan.tiers()[late.tier].span_us;
  bool all = true;
  for (std::size_t w = 0; w < plan.windows().size(); ++w) {
    const windows::Window& window = plan.windows()[w];
    const std::size_t base = plan.base_tier(w);
    if (base < late.tier) continue;  // fold found it too late for this one
    const TimeUs whole_after = closed_until - plan.tiers()[base].lateness_us;
    const TimeUs first = align_down(start, window.hop_us) + window.hop_us;
    const TimeUs left = first + window.length_us;
    if (first <= whole_after) all = false;
    for (TimeUs end = std::max(first, align_down(whole_after, window.hop_us) + window.hop_us);
         end < left && end <= closed_until; end += window.hop_us)
      ends[end].insert(w);
    // Where its pane is new, nobody was told yet that it left.
    if (left > whole_after && left <= closed_until && !is_changed(series, w, left))
      ends[left].insert(w);
  }
  return all;
}

void Evaluator::add_range(const Series& series, Range range, TimeUs closed_until,
                          Ends& ends) const {
  const WindowPlan& plan = table_.scope_of(series).scope().plan;
  for (std::size_t w = 0; w < plan.windows().size(); ++w) {
    const DurationUs hop = plan.windows()[w].hop_us;
    const DurationUs lateness = plan.tiers()[plan.base_tier(w)].lateness_us;
    const TimeUs from = std::max(range.from_us, closed_until - lateness);
    const TimeUs to = std::min(range.to_us, closed_until);
    for (TimeUs end = align_down(from, hop) + hop; end <= to; end += hop)
      if (is_changed(series, w, end)) ends[end].insert(w);
  }
}

Result<void> Evaluator::apply(Series& series, SeriesId id, const Late& late, TimeUs closed_until) {
  const WindowPlan& plan = table_.scope_of(series).scope().plan;
  for (const auto& [key, value] : late) {
    const TimeUs start = key.pane * plan.tiers()[key.tier].span_us;
    std::uint64_t busiest_second = 0;
    for (std::size_t tier = key.tier; tier < plan.tiers().size() && plan.keeps(tier); ++tier) {
      const DurationUs span = plan.tiers()[tier].span_us;
      const std::int64_t pane = floor_div(start, span);
      const TimeUs end = (pane + 1) * span;
      if (end > closed_until) break;  // will be closed from the finer ones
      if (!series.occupancy.reaches(plan, tier, pane)) continue;
      WEIR_TRY(panes_.read_closed(series, id, {tier, pane, pane + 1}, parts_));
      InferenceAggregate& part = parts_.at(key.tier);
      if (tier == 0) {
        part.merge_same(value);
        busiest_second = part.counters.busiest_second();
      } else {
        // The late part of a second does not tell how busy the second was; the finest pane does.
        part.merge_adjacent(value);
        part.counters.peak = std::max(part.counters.peak, busiest_second);
      }
      panes_.put_closed(series, id, {tier, pane, pane + 1}, parts_);
      series.last_end_us = std::max(series.last_end_us, end);
    }
  }
  return {};
}

}  // namespace weir::kpi
