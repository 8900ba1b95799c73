// The part of the evaluator that tells ticks again.
#include <algorithm>

#include "processors/aggregates/kpi_values.h"
#include "processors/kpi/evaluate.h"

namespace weir::kpi {

using aggregates::InferenceAggregate;
using windows::PaneRange;
using windows::WindowPlan;

Result<void> Evaluator::restate(SeriesId id, std::optional<Range> range, const Moment& moment,
                                const Emit& emit, const Lost& lost) {
  Series& series = *table_.find(id);
  const aggregates::Scope& scope = table_.scope_of(series).scope();
  const WindowPlan& plan = scope.plan;
  WEIR_ASSIGN(const Late late, panes_.take_late(id));
  const bool in_range = range && is_active(series, plan, moment.closed_until_us);
  if (late.empty() && !in_range) return {};
  series.occupancy.advance(plan, moment.closed_until_us);
  table_.touch(id);

  Ends ends;
  for (const auto& [pane, value] : late)
    touch_ends(series, pane, moment, ends, lost, value.requests());
  if (in_range) add_range(plan, *range, moment, ends);

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
      if (value.requests() == 0 && restated.requests() == 0) continue;
      v1::WindowResult& told = *result.add_window();
      told.set_length_us(plan.windows()[w].length_us);
      told.set_hop_us(plan.windows()[w].hop_us);
      told.set_complete(complete(scope, w, end, moment));
      *told.mutable_difference() = aggregates::difference(value, restated);
      *told.mutable_value() = std::move(value);
      *told.mutable_restated() = std::move(restated);
    }
    if (!result.window().empty()) emit(series, result);
  }
  return {};
}

void Evaluator::touch_ends(const Series& series, const PaneKey& late, const Moment& moment,
                           Ends& ends, const Lost& lost, std::uint64_t events) const {
  const WindowPlan& plan = table_.scope_of(series).scope().plan;
  const DurationUs span = plan.tiers()[late.tier].span_us;
  const TimeUs start = late.pane * span;
  std::vector<bool> told_lost(plan.tiers().size());
  for (std::size_t w = 0; w < plan.windows().size(); ++w) {
    const windows::Window& window = plan.windows()[w];
    const std::size_t base = plan.base_tier(w);
    if (base < late.tier) continue;  // fold found it too late for this one
    if (start + span <= moment.closed_until_us - plan.tiers()[base].lateness_us) {
      if (!told_lost[base]) lost(base, start + span, events);
      told_lost[base] = true;
      continue;
    }
    const TimeUs first = align_down(start, window.hop_us) + window.hop_us;
    const TimeUs last = std::min(first + window.length_us - window.hop_us, moment.closed_until_us);
    for (TimeUs end = first; end <= last; end += window.hop_us) {
      std::vector<std::size_t>& due = ends[end];
      if (std::ranges::count(due, w) == 0) due.push_back(w);
    }
  }
  for (auto& [end, due] : ends) std::ranges::sort(due);
}

void Evaluator::add_range(const WindowPlan& plan, Range range, const Moment& moment,
                          Ends& ends) const {
  for (std::size_t w = 0; w < plan.windows().size(); ++w) {
    const DurationUs hop = plan.windows()[w].hop_us;
    const DurationUs lateness = plan.tiers()[plan.base_tier(w)].lateness_us;
    const TimeUs from = std::max(range.from_us, moment.closed_until_us - lateness);
    const TimeUs to = std::min(range.to_us, moment.closed_until_us);
    for (TimeUs end = align_down(from, hop) + hop; end <= to; end += hop) {
      std::vector<std::size_t>& due = ends[end];
      if (std::ranges::count(due, w) == 0) due.push_back(w);
    }
  }
  for (auto& [end, due] : ends) std::ranges::sort(due);
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
      WEIR_ASSIGN(const auto bytes, panes_.closed(series, id, plan, {tier, pane, pane + 1}));
      scratch_.clear();
      if (!bytes.empty()) WEIR_TRY(scratch_.merge_same_encoded(bytes));
      if (tier == 0) {
        scratch_.merge_same(value);
        busiest_second = scratch_.counters.busiest_second();
      } else {
        // The late part of a second does not tell how busy the second was; the finest pane does.
        scratch_.merge_adjacent(value);
        scratch_.counters.peak = std::max(scratch_.counters.peak, busiest_second);
      }
      panes_.put_closed(series, id, plan, {tier, pane, pane + 1}, scratch_);
      series.last_end_us = std::max(series.last_end_us, end);
    }
  }
  return {};
}

}  // namespace weir::kpi
