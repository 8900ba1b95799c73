// Rows from the log itself: one partition of `weir.kpi`, read beside whoever writes it.
#pragma once

#include <memory>
#include <optional>

#include "processors/runtime/io.h"
#include "sinks/results/told_rows.h"

namespace weir::results {

/// The row of a record of `result`; none where the window is not among its windows.
std::optional<KpiRow> row_of(const v1::KpiResult& result, std::int32_t partition,
                             const windows::Window& window);

/// The first offset from which every record concerns ends from `end_us` on, or restates: ticks are
/// told in their order. Reads a few records for each halving of the partition.
Result<std::int64_t> first_offset_of(const runtime::Reader& log,
                                     const runtime::TopicPartition& where, TimeUs end_us);

/// The end of the last record that was told first; kMinTime: there is none.
Result<TimeUs> last_end_of(const runtime::Reader& log, const runtime::TopicPartition& where);

/// Every partition of the log's results. Reads each twice: once for what was told again, then in
/// order. Memory: a row for each restatement. `log` outlives what is returned. Errors: as the
/// reader's, and corrupt or version with topic/partition@offset in front.
OpenRows rows_of_log(const runtime::Reader& log);

}  // namespace weir::results
