#include "processors/kpi/panes.h"

#include <cassert>

#include "processors/core/bytes.h"

namespace weir::kpi {

using aggregates::InferenceAggregate;
using windows::PaneRange;

namespace {

/// Deltas of one pane are merged once they take so much more than twice the first of them.
constexpr std::size_t kUnmergedBytes = 4'096;

std::unexpected<Error> damaged_pane(SeriesId id) {
  return fail(ErrorCode::corrupt, "state of kpi: damaged pane of series {}", id);
}

/// Merges stored deltas.
Result<void> merge_deltas(std::string_view deltas, InferenceAggregate& into) {
  ByteReader reader(deltas);
  while (!reader.at_end()) {
    const std::string_view delta = reader.bytes();
    if (!reader.ok()) return fail(ErrorCode::corrupt, "state of kpi: deltas cut off");
    WEIR_TRY(into.merge_same_encoded(delta));
  }
  return {};
}

/// So that each is merged about twice, however many come, and a pane is never far above its size.
bool is_merge_due(std::string_view deltas) {
  return deltas.size() > kUnmergedBytes &&
         deltas.size() - kUnmergedBytes > 2 * ByteReader(deltas).bytes().size();
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
                         open_.insert(pane);
                         count_open(pane);
                       })));
  WEIR_TRY(store_.scan("L", "",
                       each(parse_late_key, [this](const PaneKey& pane) { late_.insert(pane); })));
  return result;
}

Result<void> Panes::add(const std::string& key, bool first, std::string_view delta) {
  WEIR_TRY(InferenceAggregate::check_version(delta));
  std::string stored;
  stored.reserve(delta.size() + 4);
  put_bytes(stored, delta);
  if (first) {
    store_.put_new(key, std::move(stored));
    return {};
  }
  WEIR_ASSIGN(const std::string_view deltas, store_.append(key, stored));
  if (!is_merge_due(deltas)) return {};
  merged_.clear();
  WEIR_TRY(merge_deltas(deltas, merged_));
  std::string bytes;
  merged_.encode(bytes);
  stored.clear();
  put_bytes(stored, bytes);
  store_.put(key, std::move(stored));
  return {};
}

Result<void> Panes::add_open(const PaneKey& pane, std::string_view delta) {
  const bool first = open_.insert(pane).second;
  if (first) count_open(pane);
  return add(open_key(pane), first, delta);
}

Result<void> Panes::add_late(const PaneKey& pane, std::string_view delta) {
  return add(late_key(pane), late_.insert(pane).second, delta);
}

TimeUs Panes::end_of(const PaneKey& pane) const {
  const Series& series = *table_.find(pane.series);
  return (pane.pane + 1) * table_.scope_of(series).scope().plan.tiers()[pane.tier].span_us;
}

void Panes::count_open(const PaneKey& pane) {
  schedule_.add(pane.series, end_of(pane));
  ++table_.find(pane.series)->open_panes;
}

std::optional<SeriesId> Panes::next_late(SeriesId from) const {
  const auto first = late_.lower_bound(
      {.series = from, .tier = 0, .pane = std::numeric_limits<std::int64_t>::min()});
  if (first == late_.end()) return std::nullopt;
  return first->series;
}

Result<bool> Panes::take_open(const PaneKey& pane, PaneParts& parts) {
  Series& series = *table_.find(pane.series);
  if (series.open_panes == 0 || open_.erase(pane) == 0) return false;
  const std::string key = open_key(pane);
  WEIR_ASSIGN(const auto deltas, store_.get(key));
  if (!deltas) return fail(ErrorCode::corrupt, "state of kpi: an open pane is gone");
  WEIR_TRY(merge_deltas(*deltas, parts.at(pane.tier)));
  store_.erase(key);
  --series.open_panes;
  return true;
}

Result<std::vector<std::pair<PaneKey, InferenceAggregate>>> Panes::take_late(SeriesId id) {
  std::vector<std::pair<PaneKey, InferenceAggregate>> taken;
  auto at = late_.lower_bound(
      {.series = id, .tier = 0, .pane = std::numeric_limits<std::int64_t>::min()});
  while (at != late_.end() && at->series == id) {
    const std::string key = late_key(*at);
    WEIR_ASSIGN(const auto bytes, store_.get(key));
    if (!bytes) return fail(ErrorCode::corrupt, "state of kpi: a late pane is gone");
    WEIR_TRY(merge_deltas(*bytes, taken.emplace_back(*at, InferenceAggregate()).second));
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
  encoded_.clear();
  put_fixed(encoded_, pane.first);
  for (std::size_t entry = 0; entry < windows::kMaxTiers; ++entry) {
    if (!parts.has(entry)) continue;
    part_.clear();
    parts.get(entry).encode(part_);
    put_fixed(encoded_, static_cast<std::uint8_t>(entry));
    put_bytes(encoded_, part_);
  }
  // A copy has the room that it needs and no more.
  store_.put(closed_key(id, pane.tier, windows::slot_of(plan, pane.tier, pane.first)), encoded_);
}

}  // namespace weir::kpi
