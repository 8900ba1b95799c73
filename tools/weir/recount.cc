#include "tools/weir/recount.h"

#include <algorithm>
#include <ranges>

#include "processors/aggregates/definitions.h"
#include "processors/graph.h"
#include "processors/objectives/parts.h"
#include "processors/slo/ledger.h"
#include "sinks/results/record_scan.h"
#include "weir/v1/config.pb.h"

namespace weir::cli {

void RecountedSlice::Range::hold(const Range& other) {
  *this = end == 0 ? other : Range{std::min(begin, other.begin), std::max(end, other.end)};
}

Recount::Recount(const runtime::Reader& log, const v1::BurnResult& told,
                 std::vector<RecountedWindow> windows, Kept kept)
    : log_(log), told_(told), windows_(std::move(windows)), kept_(kept) {
  for (RecountedWindow& window : windows_)
    window.from_us = told_.end_time_us() - window.told.length_us();
}

Result<void> Recount::run() {
  const runtime::TopicPartition where{std::string(topics::kSli), told_.as_of_partition()};
  WEIR_ASSIGN(const runtime::Bounds bounds, log_.bounds(where));
  begins_at_ = bounds.start;
  WEIR_TRY(read_definitions());
  if (!plan_) WEIR_TRY(read_definitions_in_band(where));
  WEIR_TRY(read_deltas(where, &Recount::add));
  if (told_.method() != v1::BUDGETING_METHOD_OCCURRENCES && !plan_)
    return fail(ErrorCode::not_found,
                "objective {} counts slices of time, and its definition has left the log",
                told_.objective());
  judge();
  if (sliced() == nullptr) return {};
  choose_slices();
  return read_deltas(where, &Recount::add_to_slice);
}

/// Those of the ledger that are in the longest window.
Result<void> Recount::read_deltas(const runtime::TopicPartition& where, TakeDelta take) {
  return results::scan_partition(log_, where, 0,
                                 [&](const runtime::Record& record) -> Result<bool> {
                                   if (record.offset > told_.as_of_offset()) return false;
                                   v1::SliBatch batch;
                                   WEIR_TRY(results::parse_record(record, batch));
                                   for (const v1::SliDelta& delta : batch.delta())
                                     if (is_in_window(delta) && is_of_ledger(delta))
                                       (this->*take)(record, batch, delta);
                                   return true;
                                 });
}

/// Those in band may have left the log by now. What cannot be read is no reason to explain nothing.
Result<void> Recount::read_definitions() {
  const auto partitions = log_.partitions(topics::kConfig);
  if (!partitions && partitions.error().code == ErrorCode::not_found) return {};
  return results::scan_topic(log_, topics::kConfig,
                             [&](std::int32_t, const runtime::Record& record) -> Result<bool> {
                               v1::ConfigRecord config;
                               if (results::parse_record(record, config))
                                 learn(config.objectives());
                               return true;
                             });
}

/// Before anything is counted: where windows and slices begin is to be known by then.
Result<void> Recount::read_definitions_in_band(const runtime::TopicPartition& where) {
  return results::scan_partition(log_, where, 0,
                                 [&](const runtime::Record& record) -> Result<bool> {
                                   v1::SliBatch batch;
                                   WEIR_TRY(results::parse_record(record, batch));
                                   if (batch.has_definitions()) learn(batch.definitions());
                                   return !plan_ && record.offset < told_.as_of_offset();
                                 });
}

/// Windows leave by the panes of their tier.
void Recount::learn(const v1::Objectives& definitions) {
  if (plan_) return;
  const auto known = objectives::Objectives::make(definitions);
  const auto* objective = known ? (*known)->find(told_.objective_id()) : nullptr;
  if (objective == nullptr) return;
  plan_.emplace(*objective);
  for (RecountedWindow& window : windows_)
    for (const slo::LedgerPlan::Window& each : plan_->windows())
      if (each.length_us == window.told.length_us())
        window.from_us =
            align_down(told_.end_time_us() - each.length_us, slo::kTierSpans[each.tier]);
}

bool Recount::is_of_ledger(const v1::SliDelta& delta) const {
  if (delta.objective_id() != told_.objective_id()) return false;
  const auto series =
      aggregates::decode_series(delta.series(), static_cast<std::size_t>(told_.series_size()));
  return series && std::ranges::equal(*series, told_.series());
}

const v1::ObjectiveDefinition* Recount::sliced() const {
  return plan_ && plan_->sliced() ? &plan_->definition() : nullptr;
}

/// Of those that count in the longest window: its first slice began before it.
TimeUs Recount::first_pane() const {
  const TimeUs from_us = windows_.front().from_us;
  return sliced() == nullptr ? from_us : align_down(from_us, sliced()->slice_us());
}

bool Recount::is_in_window(const v1::SliDelta& delta) const {
  const TimeUs pane_us = delta.pane() * objectives::kPaneUs;
  return pane_us < told_.end_time_us() && pane_us >= first_pane();
}

void Recount::add(const runtime::Record& record, const v1::SliBatch& batch,
                  const v1::SliDelta& delta) {
  const TimeUs pane_us = delta.pane() * objectives::kPaneUs;
  panes_[pane_us] += {delta.good(), delta.total()};
  if (sliced() != nullptr) return;
  if (kept_ == Kept::bad && delta.good() == delta.total()) {
    ++spared_.rows;
    spared_.events += delta.total();
    return;
  }
  deltas_.push_back(
      {.pane_us = pane_us,
       .good = delta.good(),
       .bad = delta.total() - delta.good(),
       .offset = record.offset,
       .raw_records = fmt::format("{}/{}@[{}, {})", batch.raw_topic(), batch.raw_partition(),
                                  batch.begin_offset(), batch.end_offset())});
  if (deltas_.size() <= kMaxRows) return;
  deltas_.pop_front();
  ++left_out_;
}

void Recount::add_to_slice(const runtime::Record& record, const v1::SliBatch& batch,
                           const v1::SliDelta& delta) {
  const auto chosen =
      slices_.find(align_down(delta.pane() * objectives::kPaneUs, sliced()->slice_us()));
  if (chosen == slices_.end()) return;
  RecountedSlice& slice = chosen->second;
  slice.offsets.hold({record.offset, record.offset + 1});
  slice.raw_records[fmt::format("{}/{}", batch.raw_topic(), batch.raw_partition())].hold(
      {batch.begin_offset(), batch.end_offset()});
}

std::map<TimeUs, slo::Counts> Recount::events_of_slices() const {
  std::map<TimeUs, slo::Counts> slices;
  for (const auto& [pane_us, events] : panes_)
    slices[align_down(pane_us, sliced()->slice_us())] += events;
  return slices;
}

/// Only once all their events are known: good ones must not take the room of bad ones.
void Recount::choose_slices() {
  const std::map<TimeUs, slo::Counts> slices = events_of_slices();
  for (const auto& [start_us, events] : std::views::reverse(slices)) {
    if (kept_ == Kept::bad && slo::slice_units(*sliced(), events).bad() == 0) {
      ++spared_.rows;
      spared_.events += events.total;
    } else if (slices_.size() < kMaxRows) {
      slices_[start_us].events = events;
    } else {
      ++left_out_;
    }
  }
}

/// What counts in windows: events in their pane, a slice that is over in its last one.
void Recount::judge() {
  std::map<TimeUs, slo::Counts> units;
  if (sliced() == nullptr) {
    units = panes_;
  } else {
    for (const auto& [start_us, events] : events_of_slices())
      units[start_us + sliced()->slice_us() - objectives::kPaneUs] =
          slo::slice_units(*sliced(), events);
  }
  for (RecountedWindow& window : windows_)
    for (auto unit = units.lower_bound(window.from_us);
         unit != units.end() && unit->first < told_.end_time_us(); ++unit)
      window.found += unit->second;
}

}  // namespace weir::cli
