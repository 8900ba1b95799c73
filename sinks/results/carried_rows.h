// Rows of one partition with what the processor leaves out carried forward: a tick tells only
// windows that changed, and until the next one is told, the last value stands. It is carried to
// each end up to the last that its partition told of the scope; an empty window is not.
#pragma once

#include <map>
#include <memory>

#include "sinks/results/told_rows.h"

namespace weir::results {

/// Memory: a row for each series. One thread.
class CarriedRows {
 public:
  /// `selection` outlives this.
  CarriedRows(std::unique_ptr<ToldRows> told, const KpiSelection& selection)
      : told_(std::move(told)), selection_(selection) {}

  /// The next end that rows_at may have rows of, above the last one asked for; kMaxTime: none.
  TimeUs next_end() const;
  /// Adds the rows of this end. REQUIRES: end is at most next_end(), and above the last one asked
  /// for.
  Result<void> rows_at(TimeUs end, KpiRows& rows);

 private:
  std::unique_ptr<ToldRows> told_;
  const KpiSelection& selection_;
  std::map<Series, KpiRow> standing_;  // the last value of each, where not empty
  TimeUs asked_ = kMinTime;
};

}  // namespace weir::results
