#include "tests/sim/owner.h"

#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace weir::sim {
namespace {

constexpr DurationUs kTickUs = 10 * kSecondUs;

/// Length-prefixed values; names here are short.
std::vector<std::string> parse_series(const std::string& bytes) {
  std::vector<std::string> values;
  for (std::size_t at = 0; at < bytes.size(); at += static_cast<std::uint8_t>(bytes[at]) + 1U)
    values.push_back(bytes.substr(at + 1, static_cast<std::uint8_t>(bytes[at])));
  return values;
}

/// Whether `earlier` is more than `by` behind; kMinTime is infinitely early.
bool is_behind(TimeUs earlier, TimeUs later, DurationUs by) {
  return later != kMinTime && (earlier == kMinTime || later - earlier > by);
}

}  // namespace

Owners find_owners(const Scenario& scenario, const std::vector<std::vector<LoggedBatch>>& batches) {
  Owners owners;
  for (std::size_t partition = 0; partition < batches.size(); ++partition)
    for (const LoggedBatch& logged : batches[partition])
      for (const v1::PaneDelta& delta : logged.batch.delta()) {
        SeriesKey key{static_cast<int>(delta.scope()), parse_series(delta.series())};
        if (scenario.definitions.scope(key.first).dimension().empty()) key.second.clear();
        owners.emplace(std::move(key), static_cast<std::int32_t>(partition));
      }
  return owners;
}

Owner::Owner(const Parts& parts, std::int32_t partition, Wrong wrong)
    : scenario_(parts.scenario),
      oracle_(parts.oracle),
      owners_(parts.owners),
      partition_(partition),
      wrong_(std::move(wrong)),
      admitted_(static_cast<std::size_t>(scenario_.definitions.scope_size())) {}

void Owner::check(const std::vector<LoggedBatch>& batches,
                  const std::vector<v1::KpiResult>& results) {
  auto next = results.begin();
  for (const LoggedBatch& logged : batches) {
    for (; next != results.end() && next->as_of_offset() == logged.offset; ++next) {
      int scope = 0;
      while (!std::ranges::equal(scenario_.definitions.scope(scope).dimension(), next->scope()))
        ++scope;
      const SeriesKey key{scope, {next->series().begin(), next->series().end()}};
      if (!results_.emplace(std::tuple(next->restates(), key, next->end_time_us()), &*next).second)
        wrong_(fmt::format("{}: told twice as of {}", name(key, 0, next->end_time_us()),
                           logged.offset));
    }
    take_deltas(logged);
    if (logged.batch.last_part()) {
      take_events(logged);
      move_time(logged);
      step(logged);
    }
    for (const auto& [told, result] : results_)
      wrong_(fmt::format("{}: told as of {}{}, and should not be",
                         name(std::get<1>(told), 0, std::get<2>(told)), logged.offset,
                         result->restates() ? " again" : ""));
    results_.clear();
  }
  if (next != results.end())
    wrong_(fmt::format("partition {}: a result as of {}, where no batch is or out of order",
                       partition_, next->as_of_offset()));
  check_carried();
}

/// Series are admitted in the order in which they come.
void Owner::take_deltas(const LoggedBatch& logged) {
  for (const v1::PaneDelta& delta : logged.batch.delta()) {
    auto& admitted = admitted_[delta.scope()];
    if (std::ssize(admitted) >= scenario_.max_series) continue;
    const bool together =
        scenario_.definitions.scope(static_cast<int>(delta.scope())).dimension().empty();
    admitted.insert(together ? std::vector<std::string>{} : parse_series(delta.series()));
  }
}

void Owner::take_events(const LoggedBatch& logged) {
  const v1::PartialBatch& batch = logged.batch;
  if (sources_.empty()) sources_.resize(static_cast<std::size_t>(scenario_.raw_partitions));
  const auto from = static_cast<std::size_t>(batch.raw_partition());
  Source& source = sources_[from];
  const RawTime said{batch.watermark_us(), batch.append_time_us(), batch.greatest_event_time_us()};
  if (batch.begin_offset() != source.end || batch.end_offset() < source.end ||
      batch.end_offset() > oracle_.records(batch.raw_partition())) {
    wrong_(fmt::format("batch {} of raw partition {} covers [{}, {}) after {}", logged.offset, from,
                       batch.begin_offset(), batch.end_offset(), source.end));
    return;
  }
  if (said != oracle_.time_at(batch.raw_partition(), batch.end_offset()))
    wrong_(fmt::format("batch {} of raw partition {} says another time at {} than the raw log",
                       logged.offset, from, batch.end_offset()));
  const auto& counted = oracle_.counted()[from];
  auto event = std::ranges::lower_bound(counted, source.end, {}, &Counted::offset);
  for (; event != counted.end() && event->offset < batch.end_offset(); ++event)
    for (int scope = 0; scope < scenario_.definitions.scope_size(); ++scope)
      if (event->tiers[static_cast<std::size_t>(scope)] >= 0) know(*event, scope);
  source.end = batch.end_offset();
  source.time = said;
  source.heard = true;
  source.ended |= batch.end_of_history();
}

void Owner::know(const Counted& counted, int scope) {
  const int tier = counted.tiers[static_cast<std::size_t>(scope)];
  SeriesKey key{scope, series_of(scenario_.definitions.scope(scope), *counted.event)};
  const auto owner = owners_.find(key);
  if (owner == owners_.end()) {
    wrong_(fmt::format("{}: an event at {} was never sent to anybody", name(key, 0, 0),
                       format_rfc3339(counted.event->event_time_us())));
    return;
  }
  if (owner->second != partition_) return;
  if (!admitted_[static_cast<std::size_t>(scope)].contains(key.second))
    std::ranges::fill(key.second, kOther);
  Series& series = series_[key];
  const auto& tiers = scenario_.definitions.tier();
  Known known{&counted, counted.event->event_time_us(), tier};
  const DurationUs span = tiers[tier].span_us();
  const TimeUs pane_end = align_down(known.time, span) + span;
  known.waits = closed_ != kMinTime && pane_end <= closed_;
  // Its second may be gone by now, where only coarser panes are kept.
  if (known.waits && tier == 0 && pane_end <= closed_ - tiers[0].lateness_us())
    series.peak_is_known = false;
  series.events.insert(std::ranges::upper_bound(series.events, known.time, {}, &Known::time),
                       known);
}

void Owner::move_time(const LoggedBatch& logged) {
  newest_batch_ = std::max(newest_batch_, logged.append_time_us);
  for (Source& source : sources_)
    if (source.batch_time == kMinTime) source.batch_time = newest_batch_;
  Source& source = sources_[static_cast<std::size_t>(logged.batch.raw_partition())];
  source.batch_time = std::max(source.batch_time, logged.append_time_us);
  if (!scenario_.history) judge_stalls();

  TimeUs lowest = kMaxTime;
  for (const Source& each : sources_)
    if (!each.ended && !each.stalled) lowest = std::min(lowest, each.time.watermark);
  watermark_ = std::max(watermark_, lowest);
  for (Source& each : sources_) {
    if (!each.stalled || watermark_ == kMinTime || each.time.watermark < watermark_) continue;
    each.stalled = false;
    const TimeUs from = caught_up_ ? caught_up_->first : kMaxTime;
    caught_up_ = {std::min(from, each.stalled_from), watermark_};
  }
}

void Owner::judge_stalls() {
  const DurationUs after = scenario_.stall_limit_us();
  const auto lags = [&](const Source& source) {
    return is_behind(source.batch_time, newest_batch_, after) ||
           (source.heard && is_behind(source.time.watermark, source.time.append, after));
  };
  const bool somebody_leads = std::ranges::any_of(sources_, [&](const Source& source) {
    return source.heard && !source.stalled && !lags(source);
  });
  if (!somebody_leads) return;
  for (Source& source : sources_) {
    if (source.stalled || !lags(source)) continue;
    source.stalled = true;
    source.stalled_from = source.time.watermark;
  }
}

void Owner::begin_time() {
  TimeUs start = watermark_;
  if (watermark_ == kMaxTime) {
    start = kMinTime;
    for (const Source& source : sources_) start = std::max(start, source.time.greatest);
  }
  for (const auto& [key, series] : series_)
    for (const Known& known : series.events) {
      const DurationUs span = scenario_.definitions.tier(known.tier).span_us();
      start = std::min(start, align_down(known.time, span) + span - kTickUs);
    }
  if (start != kMinTime) closed_ = align_down(start, kTickUs);
}

TimeUs Owner::last_tick() const {
  if (watermark_ != kMaxTime) return align_down(watermark_, kTickUs);
  TimeUs last_event = kMinTime;
  for (const Source& source : sources_) last_event = std::max(last_event, source.time.greatest);
  DurationUs longest = 0;
  for (const v1::ScopeDefinition& scope : scenario_.definitions.scope())
    for (const v1::WindowDefinition& window : scope.window())
      longest = std::max(longest, window.hop_us());
  return last_event == kMinTime ? kMinTime : align_up(last_event + 1, longest);
}

void Owner::step(const LoggedBatch& logged) {
  if (watermark_ == kMinTime || finished_) return;
  if (closed_ == kMinTime) begin_time();
  if (closed_ == kMinTime) return;
  const TimeUs last = last_tick();
  if (watermark_ != kMaxTime && last <= closed_) return;
  restate(logged);
  while (closed_ < last) {
    closed_ += kTickUs;
    tick(logged, closed_);
  }
  finished_ = watermark_ == kMaxTime;
}

void Owner::restate(const LoggedBatch& logged) {
  for (auto& [key, series] : series_) {
    for (const auto& [end, windows] : restated_ends(series, key.first))
      expect(logged, key, series, end, windows, true);
    for (Known& known : series.events) known.waits = false;
  }
  caught_up_.reset();
}

/// A window is told again while its base tier's lateness lasts.
Owner::Due Owner::restated_ends(Series& series, int scope) {
  Due due;
  const int windows = scenario_.definitions.scope(scope).window_size();
  for (const Known& known : series.events) {
    if (!known.waits) continue;
    bool lost = false;
    for (int w = 0; w < windows; ++w) {
      const v1::WindowDefinition& window = window_of(scope, w);
      if (tier_of(scenario_.definitions, window.hop_us()) < known.tier) continue;
      const TimeUs after = closed_ - lateness_of(scope, w);
      const TimeUs first = align_down(known.time, window.hop_us()) + window.hop_us();
      const TimeUs left = first + window.length_us();
      lost |= first <= after;
      for (TimeUs end = first; end < left && end <= closed_; end += window.hop_us())
        if (end > after) due[end].insert(w);
      if (left > after && left <= closed_ && !is_changed(series, scope, w, left, false))
        due[left].insert(w);
    }
    lost_events_ += lost ? 1 : 0;
  }
  if (!caught_up_) return due;
  for (int w = 0; w < windows; ++w) {
    const DurationUs hop = window_of(scope, w).hop_us();
    const TimeUs from = std::max(caught_up_->first, closed_ - lateness_of(scope, w));
    for (TimeUs end = align_down(from, hop) + hop; end <= std::min(caught_up_->second, closed_);
         end += hop)
      if (is_changed(series, scope, w, end, false)) due[end].insert(w);
  }
  return due;
}

void Owner::tick(const LoggedBatch& logged, TimeUs end) {
  for (auto& [key, series] : series_) {
    std::set<int> windows;
    for (int w = 0; w < scenario_.definitions.scope(key.first).window_size(); ++w) {
      const DurationUs hop = window_of(key.first, w).hop_us();
      if (floor_mod(end, hop) != 0) continue;
      if (watermark_ == kMaxTime) {
        TimeUs last_event = kMinTime;
        for (const Source& source : sources_)
          last_event = std::max(last_event, source.time.greatest);
        if (end > align_up(last_event + 1, hop)) continue;
      }
      if (is_changed(series, key.first, w, end, true)) windows.insert(w);
    }
    if (!windows.empty()) expect(logged, key, series, end, windows, false);
  }
}

bool Owner::is_changed(const Series& series, int scope, int window, TimeUs end,
                       bool waiting) const {
  const v1::WindowDefinition& of = window_of(scope, window);
  const int base = tier_of(scenario_.definitions, of.hop_us());
  const auto any_from = [&](TimeUs from) {
    auto event = std::ranges::lower_bound(series.events, from, {}, &Known::time);
    for (; event != series.events.end() && event->time < from + of.hop_us(); ++event)
      if (event->tier <= base && (waiting || !event->waits)) return true;
    return false;
  };
  return any_from(end - of.hop_us()) || any_from(end - of.hop_us() - of.length_us());
}

Exact Owner::exact(const Series& series, int scope, int window, TimeUs end, bool waiting) const {
  const v1::WindowDefinition& of = window_of(scope, window);
  const int base = tier_of(scenario_.definitions, of.hop_us());
  Exact exact;
  auto event = std::ranges::lower_bound(series.events, end - of.length_us(), {}, &Known::time);
  for (; event != series.events.end() && event->time < end; ++event)
    if (event->tier <= base && (waiting || !event->waits))
      exact.add(*event->counted->event, event->tier == 0);
  return exact;
}

DurationUs Owner::lateness_of(int scope, int window) const {
  const v1::Definitions& definitions = scenario_.definitions;
  return definitions.tier(tier_of(definitions, window_of(scope, window).hop_us())).lateness_us();
}

}  // namespace weir::sim
