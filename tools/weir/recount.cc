#include "tools/weir/recount.h"

#include <algorithm>

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
  WEIR_TRY(
      results::scan_partition(log_, where, 0, [&](const runtime::Record& record) -> Result<bool> {
        if (record.offset > told_.as_of_offset()) return false;
        v1::SliBatch batch;
        WEIR_TRY(results::parse_record(record, batch));
        for (const v1::SliDelta& delta : batch.delta())
          if (is_of_ledger(delta)) add(record, batch, delta);
        return true;
      }));
  if (told_.method() != v1::BUDGETING_METHOD_OCCURRENCES && !plan_)
    return fail(ErrorCode::not_found,
                "objective {} counts slices of time, and its definition has left the log",
                told_.objective());
  judge();
  if (kept_ == Kept::bad) spare_slices();
  return {};
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

void Recount::add(const runtime::Record& record, const v1::SliBatch& batch,
                  const v1::SliDelta& delta) {
  const TimeUs pane_us = delta.pane() * objectives::kPaneUs;
  if (pane_us >= told_.end_time_us() || pane_us < first_pane()) return;
  panes_[pane_us] += {delta.good(), delta.total()};
  if (sliced() != nullptr)
    return add_to_slice(align_down(pane_us, sliced()->slice_us()), record, batch, delta);
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

void Recount::add_to_slice(TimeUs start_us, const runtime::Record& record,
                           const v1::SliBatch& batch, const v1::SliDelta& delta) {
  if (start_us < slices_from_us_) return;
  RecountedSlice& slice = slices_[start_us];
  slice.events += {delta.good(), delta.total()};
  slice.offsets.hold({record.offset, record.offset + 1});
  slice.raw_records[fmt::format("{}/{}", batch.raw_topic(), batch.raw_partition())].hold(
      {batch.begin_offset(), batch.end_offset()});
  if (slices_.size() <= kMaxRows) return;
  slices_.erase(slices_.begin());
  slices_from_us_ = slices_.begin()->first;
}

/// Only once all their events are known.
void Recount::spare_slices() {
  std::erase_if(slices_, [this](const auto& each) {
    const slo::Counts& events = each.second.events;
    if (slo::slice_units(*sliced(), events).bad() != 0) return false;
    ++spared_.rows;
    spared_.events += events.total;
    return true;
  });
}

/// What counts in windows: events in their pane, a slice that is over in its last one.
void Recount::judge() {
  std::map<TimeUs, slo::Counts> units;
  if (sliced() == nullptr) {
    units = panes_;
  } else {
    const DurationUs slice_us = sliced()->slice_us();
    for (const auto& [pane_us, events] : panes_)
      units[align_down(pane_us, slice_us) + slice_us - objectives::kPaneUs] += events;
    for (auto& [last_pane_us, counts] : units) counts = slo::slice_units(*sliced(), counts);
    left_out_ = std::ssize(units) - std::ssize(slices_);
  }
  for (RecountedWindow& window : windows_)
    for (auto unit = units.lower_bound(window.from_us);
         unit != units.end() && unit->first < told_.end_time_us(); ++unit)
      window.found += unit->second;
}

}  // namespace weir::cli
