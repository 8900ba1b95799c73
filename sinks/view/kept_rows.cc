#include "sinks/view/kept_rows.h"

#include <algorithm>

namespace weir::view {
namespace {

using results::KpiRow;
using results::KpiSelection;
using results::ScopeName;
using results::Series;
using windows::Window;

/// What an entry costs beside its bytes: nodes, pointers, the allocator.
constexpr std::uint64_t kEntryBytes = 256;
constexpr std::uint64_t kSeriesBytes = 256;

std::uint64_t cost_of(const KeptValue& value) { return kEntryBytes + value.window.size(); }

std::uint64_t cost_of(const Series& series) {
  std::uint64_t bytes = kSeriesBytes;
  for (const std::string& value : series) bytes += sizeof(value) + value.size();
  return bytes;
}

bool is_empty(const KeptValue& value) {
  v1::WindowResult window;
  return !window.ParseFromString(value.window) || window.value().requests() == 0;
}

}  // namespace

/// Copies of pointers, so that nothing is decoded under the lock.
class KeptRows::Rows final : public results::ToldRows {
 public:
  Rows(std::int32_t partition, TimeUs last_end) : partition_(partition), last_end_(last_end) {}

  void add(TimeUs end, const Series& series, std::shared_ptr<const KeptValue> value) {
    told_[end].emplace_back(series, std::move(value));
  }

  TimeUs next_end() const override { return told_.empty() ? kMaxTime : told_.begin()->first; }
  TimeUs last_end() const override { return last_end_; }

  Result<void> take(TimeUs end, results::Told& told) override {
    auto taken = told_.extract(end);
    if (!taken) return {};
    for (auto& [series, value] : taken.mapped()) {
      KpiRow row{.end_time_us = end,
                 .series = series,
                 .overflow = value->overflow,
                 .restates = value->restates,
                 .as_of_partition = partition_,
                 .as_of_offset = value->as_of_offset,
                 .definitions_hash = value->definitions_hash};
      if (!row.window.ParseFromString(value->window))
        return fail(ErrorCode::corrupt, "the live view does not hold what it encoded");
      told[series].push_back(std::move(row));
    }
    return {};
  }

 private:
  const std::int32_t partition_;
  const TimeUs last_end_;
  std::map<TimeUs, std::vector<std::pair<Series, std::shared_ptr<const KeptValue>>>> told_;
};

void KeptRows::take(const v1::KpiResult& result, std::int64_t offset, TimeUs append_time_us) {
  next_ = offset + 1;
  last_end_ = std::max(last_end_, result.end_time_us());
  const ScopeName scope(result.scope().begin(), result.scope().end());
  for (const v1::WindowResult& window : result.window()) {
    Table& table = tables_[{scope, Window{window.length_us(), window.hop_us()}}];
    keep(table, result, window, offset, append_time_us);
  }
}

void KeptRows::keep(Table& table, const v1::KpiResult& result, const v1::WindowResult& window,
                    std::int64_t offset, TimeUs append_time_us) {
  v1::WindowResult kept = window;
  kept.clear_restated();
  kept.clear_difference();
  auto value =
      std::make_shared<const KeptValue>(KeptValue{.window = kept.SerializeAsString(),
                                                  .overflow = result.overflow(),
                                                  .restates = result.restates(),
                                                  .as_of_offset = result.as_of_offset(),
                                                  .definitions_hash = result.definitions_hash()});
  const auto [series, added] =
      table.series.try_emplace({result.series().begin(), result.series().end()});
  if (added) bytes_ += cost_of(series->first);
  bytes_ += cost_of(*value);
  Kept& entry = series->second.told[result.end_time_us()];
  if (entry.value) bytes_ -= cost_of(*entry.value);
  entry = {offset, std::move(value)};
  tellings_.push_back({.offset = offset,
                       .append_time_us = append_time_us,
                       .end_us = result.end_time_us(),
                       .last_end_before_us = table.last_end,
                       .table = &table,
                       .series = series});
  table.last_end = std::max(table.last_end, result.end_time_us());
}

const KeptRows::Table* KeptRows::find(const ScopeName& scope, const Window& window) const {
  const auto found = tables_.find({scope, window});
  return found == tables_.end() ? nullptr : &found->second;
}

TimeUs KeptRows::last_end(const ScopeName& scope, const Window& window) const {
  const Table* table = find(scope, window);
  return table == nullptr ? kMinTime : table->last_end;
}

TimeUs KeptRows::covered_from(const ScopeName& scope, const Window& window) const {
  TimeUs from = kMinTime;
  if (told_from_us_ != kMinTime) from = told_from_us_ + window.length_us + 2 * window.hop_us;
  const Table* table = find(scope, window);
  if (table != nullptr && table->evicted_until != kMinTime)
    from = std::max(from, table->evicted_until + 1);
  return from;
}

bool KeptRows::covers(const KpiSelection& selection) const {
  return selection.from_us >= covered_from(selection.scope, selection.window);
}

std::unique_ptr<results::ToldRows> KeptRows::rows(const KpiSelection& selection) const {
  const Table* table = find(selection.scope, selection.window);
  auto rows = std::make_unique<Rows>(partition_, table == nullptr ? kMinTime : table->last_end);
  if (table == nullptr) return rows;
  for (const auto& [series, each] : table->series) {
    if (!selection.wants(series)) continue;
    const auto first = each.told.lower_bound(selection.from_us);
    add_standing(each, first, series, *rows);
    for (auto at = first; at != each.told.end() && at->first <= selection.to_us; ++at)
      rows->add(at->first, series, at->second.value);
  }
  return rows;
}

/// What stands at the range's begin is the last value before it. What was told again of an end from
/// before everything was read does not: what followed it then is not known.
void KeptRows::add_standing(const SeriesRows& kept, std::map<TimeUs, Kept>::const_iterator first,
                            const Series& series, Rows& rows) const {
  std::optional<std::pair<TimeUs, Kept>> last = kept.base;
  if (first != kept.told.begin() && (!last || std::prev(first)->first > last->first))
    last = *std::prev(first);
  const bool before = last && (first == kept.told.end() || last->first < first->first);
  if (before && last->first >= told_from_us_) rows.add(last->first, series, last->second.value);
}

bool KeptRows::changed_ends(const KpiSelection& selection, std::int64_t offset,
                            std::set<TimeUs>& ends) const {
  if (offset < forgotten_until_ || offset > next_) return false;
  const Table* table = find(selection.scope, selection.window);
  if (table == nullptr) return true;
  const auto first = std::ranges::lower_bound(tellings_, offset, {}, &Telling::offset);
  TimeUs reached = kMaxTime;  // the table's last end at `offset`
  for (auto at = first; at != tellings_.end(); ++at) {
    if (at->table != table) continue;
    if (reached == kMaxTime) reached = at->last_end_before_us;
    if (selection.wants(at->series->first)) ends.insert(at->end_us);
  }
  if (reached == kMaxTime || reached == kMinTime) return true;
  for (TimeUs end = reached + selection.window.hop_us; end <= table->last_end;
       end += selection.window.hop_us)
    ends.insert(end);
  return true;
}

TimeUs KeptRows::oldest() const {
  return tellings_.empty() ? kMaxTime : tellings_.front().append_time_us;
}

void KeptRows::evict_oldest() {
  const Telling oldest = tellings_.front();
  tellings_.pop_front();
  forgotten_until_ = oldest.offset + 1;
  SeriesRows& rows = oldest.series->second;
  const auto at = rows.told.find(oldest.end_us);
  if (at == rows.told.end() || at->second.offset != oldest.offset) return;
  oldest.table->evicted_until = std::max(oldest.table->evicted_until, oldest.end_us);
  bytes_ -= cost_of(*at->second.value);
  if (!rows.base || rows.base->first <= oldest.end_us) {
    if (rows.base) bytes_ -= cost_of(*rows.base->second.value);
    rows.base.reset();
    if (!is_empty(*at->second.value)) {
      bytes_ += cost_of(*at->second.value);
      rows.base = {oldest.end_us, at->second};
    }
  }
  rows.told.erase(at);
  if (rows.base || !rows.told.empty()) return;
  bytes_ -= cost_of(oldest.series->first);
  oldest.table->series.erase(oldest.series);
}

}  // namespace weir::view
