// The answer to a question about one scope and one window: the last value of each series and end,
// with what the processor leaves out carried forward. The same from the log and from the live view.
//
// Series above the cap are in the `__other__` of each partition: these are added up as far as
// numbers can be added (the rest is absent), unless everything is asked for.
//
// Memory: a row for each series, and what the rows' source needs.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "processors/core/result.h"
#include "processors/runtime/io.h"
#include "sinks/results/catalog.h"
#include "sinks/results/kpi_row.h"
#include "sinks/results/told_rows.h"

namespace weir::results {

/// One thread.
class KpiResults {
 public:
  /// From the log, which outlives this. Errors: as Catalog::select and the reader's.
  static Result<KpiResults> open(const runtime::Reader& log, const KpiQuery& query);

  KpiResults(KpiSelection selection, std::shared_ptr<const Catalog> catalog, OpenRows rows)
      : selection_(std::move(selection)), catalog_(std::move(catalog)), rows_(std::move(rows)) {}

  const ScopeName& scope() const { return selection_.scope; }
  const windows::Window& window() const { return selection_.window; }
  bool all() const { return selection_.all; }
  /// As Catalog::unrated.
  const std::vector<std::string>* unrated(std::uint64_t definitions_hash) const {
    return catalog_->unrated(definitions_hash);
  }

  /// Calls `visit` with each row, ascending by end, then series, then as they were told, until it
  /// says false.
  using Visit = std::function<bool(const KpiRow&)>;
  Result<void> read(const Visit& visit) const;

 private:
  KpiSelection selection_;
  std::shared_ptr<const Catalog> catalog_;
  OpenRows rows_;
};

}  // namespace weir::results
