#include "processors/kpi/panes.h"

#include <cassert>

#include "processors/core/bytes.h"

namespace weir::kpi {

using aggregates::InferenceAggregate;
using windows::PaneRange;

namespace {

std::unexpected<Error> damaged_pane(SeriesId id) {
  return fail(ErrorCode::corrupt, "state of kpi: damaged pane of series {}", id);
}

}  // namespace

Result<void> Panes::open() {
  Result<void> result;
  const auto each = [&result](auto parse, auto take) {
    return [&result, parse, take](std::string_view key, std::string_view) {
      const auto pane = parse(key);
      if (pane) {
        take(*pane);
      } else {
        result = std::unexpected(pane.error());
      }
      return result.has_value();
    };
  };
  WEIR_TRY(store_.scan("O", "", each(parse_open_key, [this](const PaneKey& pane) {
                         stored_only_.insert(pane);
                         count_open(pane);
                       })));
  WEIR_TRY(store_.scan("L", "",
                       each(parse_late_key, [this](const PaneKey& pane) { late_.insert(pane); })));
  return result;
}

Result<Panes::OpenPane*> Panes::load(const PaneKey& pane) {
  const auto [found, added] = open_.try_emplace(pane);
  OpenPane& open = found->second;
  if (!added) return &open;
  open.value = std::make_unique<InferenceAggregate>();
  if (stored_only_.erase(pane) == 0) {
    count_open(pane);
  } else {
    open.stored = true;
    WEIR_ASSIGN(const auto bytes, store_.get(open_key(pane)));
    if (!bytes) return fail(ErrorCode::corrupt, "state of kpi: an open pane is gone");
    WEIR_TRY(open.value->merge_same_encoded(*bytes));
  }
  held_bytes_ += open.value->memory_bytes();
  return &open;
}

Result<void> Panes::add_open(const PaneKey& pane, std::string_view delta) {
  WEIR_ASSIGN(OpenPane* const open, load(pane));
  if (!open->changed) {
    open->changed = true;
    changed_.push_back(pane);
  }
  held_bytes_ -= open->value->memory_bytes();
  auto merged = open->value->merge_same_encoded(delta);
  held_bytes_ += open->value->memory_bytes();
  return merged;
}

Result<void> Panes::add_late(const PaneKey& pane, std::string_view delta) {
  const std::string key = late_key(pane);
  InferenceAggregate sum;
  WEIR_ASSIGN(const auto before, store_.get(key));
  if (before) WEIR_TRY(sum.merge_same_encoded(*before));
  WEIR_TRY(sum.merge_same_encoded(delta));
  std::string bytes;
  sum.encode(bytes);
  store_.put(key, std::move(bytes));
  late_.insert(pane);
  return {};
}

TimeUs Panes::end_of(const PaneKey& pane) const {
  const Series& series = *table_.find(pane.series);
  return (pane.pane + 1) * table_.scope_of(series).scope().plan.tiers()[pane.tier].span_us;
}

void Panes::count_open(const PaneKey& pane) {
  ++open_ends_[end_of(pane)];
  ++table_.find(pane.series)->open_panes;
}

std::optional<TimeUs> Panes::earliest_open_end() const {
  if (open_ends_.empty()) return std::nullopt;
  return open_ends_.begin()->first;
}

std::optional<SeriesId> Panes::next_late(SeriesId from) const {
  const auto first = late_.lower_bound(
      {.series = from, .tier = 0, .pane = std::numeric_limits<std::int64_t>::min()});
  if (first == late_.end()) return std::nullopt;
  return first->series;
}

Result<std::unique_ptr<InferenceAggregate>> Panes::take_open(const PaneKey& pane) {
  Series& series = *table_.find(pane.series);
  if (series.open_panes == 0) return nullptr;
  if (!open_.contains(pane) && !stored_only_.contains(pane)) return nullptr;
  WEIR_ASSIGN(OpenPane* const open, load(pane));
  std::unique_ptr<InferenceAggregate> value = std::move(open->value);
  held_bytes_ -= value->memory_bytes();
  if (open->stored) store_.erase(open_key(pane));
  open_.erase(pane);
  --series.open_panes;
  const auto count = open_ends_.find(end_of(pane));
  if (--count->second == 0) open_ends_.erase(count);
  return value;
}

Result<std::vector<std::pair<PaneKey, InferenceAggregate>>> Panes::take_late(SeriesId id) {
  std::vector<std::pair<PaneKey, InferenceAggregate>> taken;
  auto at = late_.lower_bound(
      {.series = id, .tier = 0, .pane = std::numeric_limits<std::int64_t>::min()});
  while (at != late_.end() && at->series == id) {
    const std::string key = late_key(*at);
    WEIR_ASSIGN(const auto bytes, store_.get(key));
    if (!bytes) return fail(ErrorCode::corrupt, "state of kpi: a late pane is gone");
    WEIR_ASSIGN(auto value, InferenceAggregate::decode(*bytes));
    taken.emplace_back(*at, std::move(value));
    store_.erase(key);
    at = late_.erase(at);
  }
  return taken;
}

void PaneParts::clear() {
  for (std::size_t entry = 0; entry < parts_.size(); ++entry)
    if (used_[entry]) parts_[entry].clear();
  used_.fill(false);
}

Result<std::string_view> Panes::closed_bytes(const Series& series, SeriesId id, PaneRange pane) {
  const windows::WindowPlan& plan = plan_of(series);
  if (!series.occupancy.test(plan, pane.tier, pane.first)) return std::string_view();
  WEIR_ASSIGN(const auto bytes,
              store_.get(closed_key(id, pane.tier, windows::slot_of(plan, pane.tier, pane.first))));
  if (!bytes) return fail(ErrorCode::corrupt, "state of kpi: a closed pane is gone");
  ByteReader reader(*bytes);
  const auto stored = reader.fixed<std::int64_t>();
  if (!reader.ok() || stored != pane.first)
    return fail(ErrorCode::corrupt, "state of kpi: slot of pane {} holds pane {}", pane.first,
                stored);
  return bytes->substr(sizeof stored);
}

Result<void> Panes::merge_closed(const Series& series, SeriesId id, PaneRange pane,
                                 std::size_t max_entry, PaneParts& parts) {
  WEIR_ASSIGN(const auto bytes, closed_bytes(series, id, pane));
  ByteReader reader(bytes);
  while (!reader.at_end()) {
    const auto entry = reader.fixed<std::uint8_t>();
    const std::string_view aggregate = reader.bytes();
    if (!reader.ok() || entry >= windows::kMaxTiers) return damaged_pane(id);
    if (entry > max_entry) break;
    WEIR_TRY(parts.at(entry).merge_adjacent_encoded(aggregate));
  }
  return {};
}

Result<void> Panes::read_closed(const Series& series, SeriesId id, PaneRange pane,
                                PaneParts& parts) {
  parts.clear();
  WEIR_ASSIGN(const auto bytes, closed_bytes(series, id, pane));
  ByteReader reader(bytes);
  while (!reader.at_end()) {
    const auto entry = reader.fixed<std::uint8_t>();
    const std::string_view aggregate = reader.bytes();
    if (!reader.ok() || entry >= windows::kMaxTiers) return damaged_pane(id);
    WEIR_TRY(parts.at(entry).merge_same_encoded(aggregate));
  }
  return {};
}

void Panes::put_closed(Series& series, SeriesId id, PaneRange pane, const PaneParts& parts) {
  const windows::WindowPlan& plan = plan_of(series);
  series.occupancy.set(plan, pane.tier, pane.first);
  std::string bytes;
  put_fixed(bytes, pane.first);
  std::string part;
  for (std::size_t entry = 0; entry < windows::kMaxTiers; ++entry) {
    if (!parts.has(entry)) continue;
    part.clear();
    parts.get(entry).encode(part);
    put_fixed(bytes, static_cast<std::uint8_t>(entry));
    put_bytes(bytes, part);
  }
  store_.put(closed_key(id, pane.tier, windows::slot_of(plan, pane.tier, pane.first)),
             std::move(bytes));
}

void Panes::flush() {
  for (const PaneKey& pane : changed_) {
    const auto found = open_.find(pane);
    if (found == open_.end() || !found->second.changed) continue;  // closed since
    OpenPane& open = found->second;
    open.changed = false;
    open.stored = true;
    std::string bytes;
    open.value->encode(bytes);
    store_.put(open_key(pane), std::move(bytes));
  }
  changed_.clear();
  if (!full()) return;
  for (const auto& [pane, open] : open_) stored_only_.insert(pane);
  open_.clear();
  held_bytes_ = 0;
}

}  // namespace weir::kpi
