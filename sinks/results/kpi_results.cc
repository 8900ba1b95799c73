#include "sinks/results/kpi_results.h"

#include <algorithm>
#include <iterator>

#include "sinks/results/carried_rows.h"
#include "sinks/results/kpi_sum.h"
#include "sinks/results/log_rows.h"

namespace weir::results {
namespace {

/// The partitions' shares of `__other__`, which stand side by side, become one.
void add_up_overflow(KpiRows& rows) {
  for (auto at = rows.begin(); at != rows.end();) {
    const auto next = std::next(at);
    if (next == rows.end() || next->first != at->first || !at->second.overflow) {
      at = next;
      continue;
    }
    add_up(next->second.window, at->second.window);
    rows.erase(next);
  }
}

}  // namespace

Result<KpiResults> KpiResults::open(const runtime::Reader& log, const KpiQuery& query) {
  WEIR_ASSIGN(auto read, Catalog::read(log));
  auto catalog = std::make_shared<const Catalog>(std::move(read));
  WEIR_ASSIGN(KpiSelection selection, catalog->select(query));
  return KpiResults(std::move(selection), std::move(catalog), rows_of_log(log));
}

Result<void> KpiResults::read(const Visit& visit) const {
  WEIR_ASSIGN(auto sources, rows_(selection_));
  std::vector<CarriedRows> partitions;
  for (auto& told : sources) partitions.emplace_back(std::move(told), selection_);
  KpiRows rows;
  while (true) {
    TimeUs end = kMaxTime;
    for (const CarriedRows& partition : partitions) end = std::min(end, partition.next_end());
    if (end == kMaxTime || end > selection_.to_us) return {};
    rows.clear();
    for (CarriedRows& partition : partitions) WEIR_TRY(partition.rows_at(end, rows));
    if (!selection_.all) add_up_overflow(rows);
    for (const auto& [series, row] : rows)
      if (!visit(row)) return {};
  }
}

}  // namespace weir::results
