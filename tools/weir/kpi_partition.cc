#include "tools/weir/kpi_partition.h"

#include <algorithm>

#include "tools/weir/record_scan.h"

namespace weir::cli {
namespace {

/// Whether a record's key, "service=chat,model=m@2026-...", is of these dimensions: most records
/// are not, and need not be parsed.
bool key_is_of(std::string_view key, const std::vector<std::string>& scope) {
  if (scope.empty()) return key.starts_with("*@");
  for (std::size_t i = 0; i < scope.size(); ++i) {
    if (!key.starts_with(scope[i]) || key.substr(scope[i].size(), 1) != "=") return false;
    std::size_t at = scope[i].size() + 1;
    while (at < key.size() && key[at] != ',') at += key[at] == '\\' ? 2 : 1;
    if ((at < key.size()) != (i + 1 < scope.size())) return false;
    key.remove_prefix(std::min(at + 1, key.size()));
  }
  return true;
}

}  // namespace

Result<void> KpiPartition::open() {
  WEIR_ASSIGN(const runtime::Bounds bounds, log_.bounds(where_));
  offset_ = bounds.start;
  end_offset_ = bounds.end;
  WEIR_TRY(read_restatements());
  return advance();
}

Result<void> KpiPartition::read_restatements() {
  return scan_partition(log_, where_, offset_, [&](const runtime::Record& record) -> Result<bool> {
    WEIR_ASSIGN(auto row, row_of(record));
    if (row && row->restates) restated_[row->end_time_us].push_back(*std::move(row));
    return true;
  });
}

Result<std::optional<KpiRow>> KpiPartition::row_of(const runtime::Record& record) {
  if (!key_is_of(record.key, selection_.scope)) return std::nullopt;
  WEIR_TRY(parse_record(record, result_));
  const auto window = std::ranges::find_if(result_.window(), [&](const v1::WindowResult& each) {
    return each.length_us() == selection_.window.length_us &&
           each.hop_us() == selection_.window.hop_us;
  });
  if (window == result_.window().end()) return std::nullopt;
  last_end_ = std::max(last_end_, result_.end_time_us());
  if (!wanted()) return std::nullopt;
  return KpiRow{.end_time_us = result_.end_time_us(),
                .series = {result_.series().begin(), result_.series().end()},
                .window = *window,
                .overflow = result_.overflow(),
                .restates = result_.restates(),
                .as_of_partition = where_.partition,
                .as_of_offset = result_.as_of_offset(),
                .definitions_hash = result_.definitions_hash()};
}

bool KpiPartition::wanted() const {
  if (!std::ranges::equal(result_.scope(), selection_.scope)) return false;
  for (std::size_t i = 0; i < selection_.values.size(); ++i)
    if (selection_.values[i] && *selection_.values[i] != result_.series(static_cast<int>(i)))
      return false;
  return result_.end_time_us() <= selection_.to_us;
}

Result<void> KpiPartition::advance() {
  next_.reset();
  while (true) {
    if (in_batch_ == batch_.records.size()) {
      if (offset_ >= end_offset_) return {};
      WEIR_TRY(log_.read(where_, offset_, kScanBytes, batch_));
      if (batch_.records.empty()) return {};
      offset_ = batch_.records.back().offset + 1;
      in_batch_ = 0;
    }
    const runtime::Record& record = batch_.records[in_batch_++];
    if (record.offset >= end_offset_) return {};
    WEIR_ASSIGN(auto row, row_of(record));
    if (!row || row->restates) continue;
    next_ = std::move(row);
    return {};
  }
}

TimeUs KpiPartition::next_end() const {
  TimeUs next = kMaxTime;
  if (next_) next = next_->end_time_us;
  if (!restated_.empty()) next = std::min(next, restated_.begin()->first);
  if (standing_.empty() || asked_ >= last_end_) return next;
  const TimeUs carried = std::max(asked_ + 1, selection_.from_us);
  return std::min(next, align_up(carried, selection_.window.hop_us));
}

Result<void> KpiPartition::rows_at(TimeUs end, KpiRows& rows) {
  asked_ = end;
  std::map<Series, std::vector<KpiRow>> told;
  for (; next_ && next_->end_time_us == end;) {
    told[next_->series].push_back(*std::move(next_));
    WEIR_TRY(advance());
  }
  if (auto again = restated_.extract(end))
    for (KpiRow& row : again.mapped()) told[row.series].push_back(std::move(row));
  const bool in_range = end >= selection_.from_us && end <= selection_.to_us;
  if (in_range && end <= last_end_) {
    for (auto& [series, row] : standing_) {
      if (told.contains(series)) continue;
      row.end_time_us = end;
      row.restates = false;
      row.window.clear_restated();
      row.window.clear_difference();
      rows.emplace(series, row);
    }
  }
  for (auto& [series, each] : told) {
    KpiRow& last = each.back();
    if (last.window.value().requests() > 0) {
      standing_[series] = last;
    } else {
      standing_.erase(series);
    }
    if (!in_range) continue;
    if (!selection_.all) each.erase(each.begin(), each.end() - 1);
    for (KpiRow& row : each) rows.emplace(series, std::move(row));
  }
  return {};
}

}  // namespace weir::cli
