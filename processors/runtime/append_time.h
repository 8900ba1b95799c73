// Where a time stands in a partition, by halving it: append times do not go back (io.h), but for
// the little that brokers' clocks differ. A few dozen small reads, however long the partition is.
//
// `read(from, batch)` is Reader::read or Follower::read of one partition, for few bytes.
#pragma once

#include <algorithm>
#include <cstdint>

#include "processors/core/result.h"
#include "processors/core/time.h"
#include "processors/runtime/io.h"

namespace weir::runtime {

/// The least offset in `bounds` from which on `holds(batch)` of what is read there; bounds.end:
/// nowhere. REQUIRES: where it holds, it holds for all that follows.
template <class Read, class Holds>
Result<std::int64_t> first_offset(const Bounds& bounds, const Read& read, const Holds& holds) {
  std::int64_t low = bounds.start;
  std::int64_t high = bounds.end;
  RecordBatch batch;
  while (low < high) {
    const std::int64_t middle = low + (high - low) / 2;
    WEIR_TRY(read(middle, batch));
    if (holds(batch))
      high = middle;
    else
      low = std::max(middle, batch.records.front().offset) + 1;
  }
  return high;
}

/// Where to begin to have every record of `bounds` that was appended at most `length_us` before the
/// last one; bounds.end: there is none.
template <class Read>
Result<std::int64_t> last_offsets(const Bounds& bounds, DurationUs length_us, const Read& read) {
  // Behind the last record a home of the log may have offsets that hold none.
  WEIR_ASSIGN(const std::int64_t behind, first_offset(bounds, read, [](const RecordBatch& batch) {
                return batch.records.empty();
              }));
  if (behind == bounds.start) return bounds.end;
  RecordBatch batch;
  WEIR_TRY(read(behind - 1, batch));
  const TimeUs since = batch.records.front().append_time_us - length_us;
  return first_offset(bounds, read, [since](const RecordBatch& at) {
    return at.records.empty() || at.records.front().append_time_us >= since;
  });
}

}  // namespace weir::runtime
