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

/// Of what was told again, each question may hold so much in memory; two at once hold twice that.
inline constexpr std::uint64_t kMaxRestatedBytes = std::uint64_t{512} << 20;

/// Every partition of the log's results. Reads each twice: once for what was told again, then in
/// order. Memory: what was told again in the selection's range, serialised; where not everything is
/// asked for, the last of each series and end. Counted from above, with what keeping it takes.
/// `log` outlives what is returned. Errors: as the reader's; corrupt or version with
/// topic/partition@offset in front; invalid_argument, where that memory is above
/// `max_restated_bytes` in all partitions of one question.
OpenRows rows_of_log(const runtime::Reader& log,
                     std::uint64_t max_restated_bytes = kMaxRestatedBytes);

}  // namespace weir::results
