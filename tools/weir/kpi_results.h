// What `weir.kpi` says of one scope and one window: the last value of each series and end, with
// what the processor leaves out carried forward.
//
// A tick tells only windows that changed; until the next one is told, the last value stands. It is
// carried to each end up to the last that its partition told; a window that is empty is not. Series
// above the cap are in the `__other__` of each partition: these are added up as far as numbers can
// be added (the rest is absent), unless everything is asked for.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "processors/core/result.h"
#include "processors/core/time.h"
#include "processors/runtime/io.h"
#include "processors/windows/window.h"
#include "weir/v1/kpi.pb.h"

namespace weir::cli {

struct KpiQuery {
  std::vector<std::string> scope;                          // dimensions, in the scope's order
  std::string window;                                      // "1m" or "1m/10s"
  std::vector<std::pair<std::string, std::string>> where;  // dimension = value, all of them
  TimeUs from_us = kMinTime;                               // ends in [from, to]
  TimeUs to_us = kMaxTime;
  bool all = false;  // also what was told before, and `__other__` by partition
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

struct KpiTable {
  std::vector<std::string> scope;
  windows::Window window;
  std::vector<KpiRow> rows;  // ascending by end, then series, then as they were told
  /// By definitions: the statuses that the success ratio leaves out.
  std::map<std::uint64_t, std::vector<std::string>> unrated;
};

/// Error: not_found, listing what there is, where the scope or the window does not exist;
/// invalid_argument for a `where` that is none of the scope's, and for a length that several
/// windows have; otherwise as the reader's.
Result<KpiTable> read_kpi(const runtime::Reader& log, const KpiQuery& query);

}  // namespace weir::cli
