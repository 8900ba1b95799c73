#include "sinks/results/carried_rows.h"

#include <algorithm>

namespace weir::results {

TimeUs CarriedRows::next_end() const {
  const TimeUs next = told_->next_end();
  if (standing_.empty() || asked_ >= told_->last_end()) return next;
  const TimeUs carried = std::max(asked_ + 1, selection_.from_us);
  return std::min(next, align_up(carried, selection_.window.hop_us));
}

Result<void> CarriedRows::rows_at(TimeUs end, KpiRows& rows) {
  asked_ = end;
  Told told;
  WEIR_TRY(told_->take(end, told));
  const bool in_range = end >= selection_.from_us && end <= selection_.to_us;
  if (in_range && end <= told_->last_end()) {
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
    const KpiRow& last = each.back();
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

}  // namespace weir::results
