#include "processors/fold/objective_counts.h"

#include <algorithm>

namespace weir::fold {
namespace {

/// Names are forgotten above this.
constexpr std::size_t kLearnedBytes = 16 << 20;

}  // namespace

ObjectiveCounts::ObjectiveCounts(std::shared_ptr<const objectives::Objectives> objectives)
    : objectives_(std::move(objectives)) {
  for (const objectives::Objective& objective : objectives_->all()) {
    judged_.push_back({.objective = &objective, .series = SeriesIds(objective.per)});
    for (const aggregates::Dimension dimension : objective.per)
      if (std::ranges::count(dimensions_, dimension) == 0) dimensions_.push_back(dimension);
  }
}

void ObjectiveCounts::add(const events::EventColumns& columns, std::span<const std::uint8_t> skip) {
  if (judged_.empty() || columns.count == 0) return;
  for (const aggregates::Dimension dimension : dimensions_)
    ids_[static_cast<std::size_t>(dimension)].resolve(columns.text(text_of(dimension)),
                                                      columns.count);
  find_panes(columns, skip);
  for (Judged& judged : judged_) add_to(judged, columns);
}

void ObjectiveCounts::find_panes(const events::EventColumns& columns,
                                 std::span<const std::uint8_t> skip) {
  std::int64_t* const panes = events::make_room(panes_, columns.count);
  TimeUs begin = 0;
  std::int64_t pane = 0;
  bool first = true;
  for (std::size_t i = 0; i < columns.count; ++i) {
    const TimeUs time = columns.event_time_us[i];
    if (first || time < begin || time >= begin + objectives::kPaneUs) {
      pane = floor_div(time, objectives::kPaneUs);
      begin = pane * objectives::kPaneUs;
      first = false;
    }
    panes[i] = pane;
  }
  std::uint8_t* const counts = events::make_room(counts_, columns.count);
  if (skip.empty()) {
    std::fill_n(counts, columns.count, std::uint8_t{1});
  } else {
    for (std::size_t i = 0; i < columns.count; ++i) counts[i] = skip[i] == 0;
  }
}

void ObjectiveCounts::add_to(Judged& judged, const events::EventColumns& columns) {
  const objectives::Objective& objective = *judged.objective;
  judged.series.resolve(ids_, columns.count);
  objective.judge.evaluate(columns, scratch_, judge_);
  const std::uint8_t* total = counts_.data();
  if (objective.total) {
    objective.total->evaluate(columns, scratch_, total_);
    for (std::size_t i = 0; i < columns.count; ++i) total_[i] &= counts_[i];
    total = total_.data();
  }
  const std::uint32_t* const series = judged.series.by_event();
  const unsigned flip = objective.judges_bad ? 1 : 0;
  PaneCounts* counts = nullptr;
  std::int64_t pane = 0;
  for (std::size_t i = 0; i < columns.count; ++i) {
    if (total[i] == 0) continue;
    if (counts == nullptr || panes_[i] != pane) {
      pane = panes_[i];
      counts = &counts_of(judged, pane);
    }
    Count& count = (*counts)[series[i]];
    if (count.total == 0) [[unlikely]] {
      judged.series.learn(columns, i, series[i]);
      judged.opened.push_back({pane, series[i]});
      bytes_ += sizeof(Opened);
    }
    ++count.total;
    count.good += judge_[i] ^ flip;
  }
}

ObjectiveCounts::PaneCounts& ObjectiveCounts::counts_of(Judged& judged, std::int64_t pane) {
  PaneCounts& counts = judged.panes[pane];
  const std::size_t before = counts.size();
  if (before < judged.series.count()) {
    counts.resize(judged.series.count());
    bytes_ += (counts.size() - before) * sizeof(Count);
  }
  return counts;
}

void ObjectiveCounts::drain(const std::function<void(const ObjectiveDelta&)>& sink) {
  std::size_t learned = 0;
  for (Judged& judged : judged_) {
    for (const Opened& opened : judged.opened) {
      const Count& count = judged.panes[opened.pane][opened.series];
      sink({.objective = judged.objective,
            .series = judged.series.text(opened.series),
            .pane = opened.pane,
            .good = count.good,
            .total = count.total});
    }
    judged.opened.clear();
    judged.panes.clear();
    learned += judged.series.learned_bytes();
  }
  bytes_ = 0;
  if (learned < kLearnedBytes) return;
  for (DimensionIds& ids : ids_) ids.names.clear();
  for (Judged& judged : judged_) judged.series.forget();
}

}  // namespace weir::fold
