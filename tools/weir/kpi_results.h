// What `weir.kpi` says of one scope and one window: the last value of each series and end, with
// what the processor leaves out carried forward.
//
// A tick tells only windows that changed; until the next one is told, the last value stands. It is
// carried to each end up to the last that its partition told of the scope; an empty window is not.
// Series above the cap are in the `__other__` of each partition: these are added up as far as
// numbers can be added (the rest is absent), unless everything is asked for.
//
// Memory: a row for each series, and one for each restatement.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "processors/core/result.h"
#include "processors/runtime/io.h"
#include "processors/windows/window.h"
#include "tools/weir/kpi_partition.h"

namespace weir::cli {

struct KpiQuery {
  std::vector<std::string> scope;                          // dimensions, in the scope's order
  std::string window;                                      // "1m" or "1m/10s"
  std::vector<std::pair<std::string, std::string>> where;  // dimension = value, all of them
  TimeUs from_us = kMinTime;                               // ends in [from, to]
  TimeUs to_us = kMaxTime;
  bool all = false;  // also what was told before, and `__other__` by partition
};

/// One thread.
class KpiResults {
 public:
  /// `log` outlives this. Error: not_found, listing what there is, where the scope or the window
  /// does not exist; invalid_argument for a `where` that is none of the scope's, and for a length
  /// that several windows have; otherwise as the reader's.
  static Result<KpiResults> open(const runtime::Reader& log, const KpiQuery& query);

  const std::vector<std::string>& scope() const { return selection_.scope; }
  const windows::Window& window() const { return selection_.window; }
  bool all() const { return selection_.all; }
  /// The statuses that the success ratio leaves out under these definitions; null: not known.
  const std::vector<std::string>* unrated(std::uint64_t definitions_hash) const;

  /// Calls `visit` with each row, ascending by end, then series, then as they were told, until it
  /// says false.
  using Visit = std::function<bool(const KpiRow&)>;
  Result<void> read(const Visit& visit) const;

 private:
  explicit KpiResults(const runtime::Reader& log) : log_(&log) {}

  const runtime::Reader* log_;
  KpiSelection selection_;
  std::map<std::uint64_t, std::vector<std::string>> unrated_;
};

}  // namespace weir::cli
