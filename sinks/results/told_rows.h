// What one partition of `weir.kpi` told of one scope and window, end by end: the seam between those
// who keep results (the log, the live view) and how a question is answered from them.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <vector>

#include "processors/core/result.h"
#include "sinks/results/kpi_row.h"

namespace weir::results {

/// Of one end: rows by series, each in the order they were told.
using Told = std::map<Series, std::vector<KpiRow>>;

/// One thread.
class ToldRows {
 public:
  virtual ~ToldRows() = default;

  /// The next end that has rows, ascending; kMaxTime: none is left. Ends before the selection's
  /// `from` are among them as far as a value may stand until then.
  virtual TimeUs next_end() const = 0;
  /// Adds the rows of `end`. REQUIRES: end is at most next_end(), and above the last one taken.
  virtual Result<void> take(TimeUs end, Told& told) = 0;
  /// The last end that the partition told of the scope and window, of whichever series.
  virtual TimeUs last_end() const = 0;
};

/// Opens each partition for a selection, which outlives what is returned.
using OpenRows =
    std::function<Result<std::vector<std::unique_ptr<ToldRows>>>(const KpiSelection& selection)>;

}  // namespace weir::results
