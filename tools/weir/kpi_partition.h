// One partition of `weir.kpi` as rows of one scope and window, end by end.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "processors/core/result.h"
#include "processors/core/time.h"
#include "processors/runtime/io.h"
#include "processors/windows/window.h"
#include "weir/v1/kpi.pb.h"

namespace weir::cli {

/// Which rows are wanted.
struct KpiSelection {
  std::vector<std::string> scope;
  windows::Window window;
  std::vector<std::optional<std::string>> values;  // by dimension; absent: any
  TimeUs from_us = kMinTime;                       // ends in [from, to]
  TimeUs to_us = kMaxTime;
  bool all = false;  // also what was told before
};

struct KpiRow {
  TimeUs end_time_us = 0;
  std::vector<std::string> series;
  v1::WindowResult window;
  bool overflow = false;
  bool added_up = false;  // of several partitions: the busiest second is not known either
  bool restates = false;
  std::int32_t as_of_partition = 0;
  std::int64_t as_of_offset = 0;
  std::uint64_t definitions_hash = 0;
};

/// Rows of one end, ascending by series; those of one series in the order they were added.
using KpiRows = std::multimap<std::vector<std::string>, KpiRow>;

/// Reads the partition twice: once for what was told again, then in order. One thread.
class KpiPartition {
 public:
  /// `log` and `selection` outlive this.
  KpiPartition(const runtime::Reader& log, std::int32_t partition, const KpiSelection& selection)
      : log_(log), where_({"weir.kpi", partition}), selection_(selection) {}

  Result<void> open();

  /// The next end that rows_at may have rows of, above the last one asked for; kMaxTime: none.
  TimeUs next_end() const;
  /// Adds the rows of this end. REQUIRES: end is at most next_end(), and above the last one asked
  /// for.
  Result<void> rows_at(TimeUs end, KpiRows& rows);

 private:
  using Series = std::vector<std::string>;

  /// The row of a record; none where it is of another scope or window. Notes the last end.
  Result<std::optional<KpiRow>> row_of(const runtime::Record& record);
  bool wanted() const;
  Result<void> read_restatements();
  /// Moves to the next row that was told first.
  Result<void> advance();

  const runtime::Reader& log_;
  const runtime::TopicPartition where_;
  const KpiSelection& selection_;

  v1::KpiResult result_;  // reused
  runtime::RecordBatch batch_;
  std::size_t in_batch_ = 0;
  std::int64_t offset_ = 0;  // of the next batch
  std::int64_t end_offset_ = 0;

  TimeUs last_end_ = kMinTime;                      // told of the scope and window
  std::map<TimeUs, std::vector<KpiRow>> restated_;  // not yet asked for, by end, as told
  std::optional<KpiRow> next_;                      // told first, not yet asked for
  std::map<Series, KpiRow> standing_;               // the last value of each, where not empty
  TimeUs asked_ = kMinTime;
};

}  // namespace weir::cli
