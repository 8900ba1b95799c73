#include "processors/kpi/series.h"

#include <algorithm>

#include "processors/core/bytes.h"
#include "processors/core/id.h"

namespace weir::kpi {
namespace {

/// Two scopes are one if everything that gives their numbers a meaning is the same.
std::string meaning_of(const aggregates::Definitions& definitions, std::size_t index) {
  v1::Definitions meaning = definitions.message();
  meaning.clear_scope();
  *meaning.add_scope() = definitions.message().scope(static_cast<int>(index));
  return meaning.SerializeAsString();
}

std::string overflow_values(std::size_t dimensions) {
  const std::vector<std::string_view> values(dimensions, aggregates::kOverflowValue);
  return aggregates::encode_series(values);
}

/// A producer's own `__other__` joins the overflow; everything together never overflows.
bool is_overflow(const aggregates::Scope& scope, std::string_view values) {
  return !scope.dimensions.empty() && values == overflow_values(scope.dimensions.size());
}

std::string encode_record(const Series& series) {
  std::string record;
  record.reserve(series.values.size() + series.occupancy.encoded_size() + 2 * sizeof(TimeUs));
  put_varint(record, series.scope);
  put_bytes(record, series.values);
  put_fixed(record, series.last_end_us);
  series.occupancy.encode(record);
  return record;
}

}  // namespace

Result<void> SeriesTable::open() {
  Result<void> result;
  WEIR_TRY(store_.scan("D", "", [&](std::string_view, std::string_view value) {
    v1::Definitions message;
    if (!message.ParseFromArray(value.data(), static_cast<int>(value.size()))) {
      result = fail(ErrorCode::corrupt, "state of kpi: damaged definitions");
      return false;
    }
    auto definitions = aggregates::Definitions::make(message);
    result = definitions ? remember(*definitions) : std::unexpected(definitions.error());
    return result.has_value();
  }));
  WEIR_TRY(result);
  WEIR_TRY(store_.scan("S", "", [&](std::string_view key, std::string_view value) {
    const auto id = parse_series_key(key);
    ByteReader reader(value);
    const auto scope = static_cast<std::uint32_t>(reader.varint());
    const std::string values(reader.bytes());
    const auto last_end = reader.fixed<TimeUs>();
    if (!id || !reader.ok() || scope >= scopes_.size()) {
      result = fail(ErrorCode::corrupt, "state of kpi: damaged series {}", to_hex(key));
      return false;
    }
    while (end() < *id) free_.insert(end()), series_.emplace_back();
    series_.emplace_back();
    Series& series = place(*id, scope, values);
    series.changed = false;
    series.last_end_us = last_end;
    if (!series.occupancy.decode(reader.view(reader.remaining())))
      result = fail(ErrorCode::corrupt, "state of kpi: damaged rings of series {}", *id);
    return result.has_value();
  }));
  changed_.clear();
  return result;
}

Result<void> SeriesTable::define(const v1::Definitions& message) {
  WEIR_ASSIGN(auto definitions, aggregates::Definitions::make(message));
  if (knows(definitions->hash())) return {};
  store_.put(definitions_key(definitions_met_), message.SerializeAsString());
  return remember(definitions);
}

Result<void> SeriesTable::remember(
    const std::shared_ptr<const aggregates::Definitions>& definitions) {
  ++definitions_met_;
  std::vector<std::uint32_t>& kept = known_[definitions->hash()];
  for (std::size_t index = 0; index < definitions->scopes().size(); ++index) {
    const std::string meaning = meaning_of(*definitions, index);
    std::uint32_t scope = 0;
    while (scope < scopes_.size() &&
           meaning_of(*scopes_[scope].definitions, scopes_[scope].index) != meaning)
      ++scope;
    if (scope == scopes_.size()) scopes_.emplace_back();
    scopes_[scope].definitions = definitions;
    scopes_[scope].index = index;
    kept.push_back(scope);
  }
  return {};
}

Result<SeriesId> SeriesTable::admit(std::uint64_t definitions_hash, std::uint32_t scope,
                                    std::string_view values) {
  const std::vector<std::uint32_t>& kept = known_.at(definitions_hash);
  if (scope >= kept.size())
    return fail(ErrorCode::corrupt, "a delta of scope {}, where only {} are defined", scope,
                kept.size());
  const std::uint32_t own = kept[scope];
  if (const auto found = by_name_.find(Name{own, values}); found != by_name_.end()) return *found;

  KeptScope& to = scopes_[own];
  WEIR_TRY(aggregates::decode_series(values, to.scope().dimensions.size()));
  if (to.series < max_series_ || is_overflow(to.scope(), values))
    return add(own, std::string(values));
  const std::string other = overflow_values(to.scope().dimensions.size());
  const auto found = by_name_.find(Name{own, other});
  return found != by_name_.end() ? *found : add(own, other);
}

SeriesId SeriesTable::add(std::uint32_t scope, std::string values) {
  SeriesId id = end();
  if (free_.empty()) {
    series_.emplace_back();
  } else {
    id = *free_.begin();
    free_.erase(free_.begin());
  }
  place(id, scope, std::move(values));
  return id;
}

Series& SeriesTable::place(SeriesId id, std::uint32_t scope, std::string values) {
  const bool overflow = is_overflow(scopes_[scope].scope(), values);
  series_[id] = std::make_unique<Series>(
      Series{.scope = scope,
             .overflow = overflow,
             .values = std::move(values),
             .occupancy = windows::Occupancy(scopes_[scope].scope().plan)});
  by_name_.insert(id);
  series_bytes_ += memory_of(*series_[id]);
  if (!overflow) ++scopes_[scope].series;
  touch(id);
  return *series_[id];
}

void SeriesTable::touch(SeriesId id) {
  if (series_[id]->changed) return;
  series_[id]->changed = true;
  changed_.push_back(id);
}

Result<void> SeriesTable::retire(SeriesId id) {
  std::vector<std::string> panes;
  WEIR_TRY(store_.scan(closed_prefix(id), "", [&](std::string_view key, std::string_view) {
    panes.emplace_back(key);
    return true;
  }));
  for (const std::string& key : panes) store_.erase(key);
  store_.erase(series_key(id));
  const Series& series = *series_[id];
  by_name_.erase(id);
  series_bytes_ -= memory_of(series);
  if (!series.overflow) --scopes_[series.scope].series;
  series_[id].reset();
  free_.insert(id);
  return {};
}

std::size_t SeriesTable::memory_of(const Series& series) {
  return sizeof(Series) + series.values.capacity() + series.occupancy.heap_bytes();
}

std::size_t SeriesTable::memory_bytes() const {
  return series_bytes_ + series_.capacity() * sizeof(series_[0]) +
         by_name_.capacity() * (sizeof(SeriesId) + 1);
}

DurationUs SeriesTable::longest_hop_us() const {
  DurationUs longest = 0;
  for (const KeptScope& kept : scopes_)
    for (const windows::Window& window : kept.scope().plan.windows())
      longest = std::max(longest, window.hop_us);
  return longest;
}

void SeriesTable::flush() {
  for (const SeriesId id : changed_) {
    Series* series = find(id);
    if (series == nullptr) continue;  // retired since
    series->changed = false;
    store_.put(series_key(id), encode_record(*series));
  }
  changed_.clear();
}

}  // namespace weir::kpi
