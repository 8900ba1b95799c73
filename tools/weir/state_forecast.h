// How large the state of kpi will become: what a pane takes is measured on simulated traffic,
// folded by fold itself; how many panes there will be follows from the windows.
//
// An estimate: the simulator's latencies, and its few busy and many quiet series.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "processors/core/result.h"
#include "processors/core/time.h"
#include "processors/fold/config.h"

namespace weir::cli {

struct TierForecast {
  DurationUs span_us = 0;
  std::int64_t panes = 0;  // kept of a series that is never silent
  double filled = 0;       // share of the panes in which a series has requests
  double pane_bytes = 0;   // of one of these, key and value
};

struct ScopeForecast {
  std::string name;
  std::vector<std::string> windows;
  std::vector<TierForecast> tiers;  // those that are kept
  double fixed_bytes = 0;           // of a series beside its panes

  /// Bytes of one series that has sent for so long.
  double series_bytes_after(DurationUs age_us) const;
};

/// What a scope is expected to get.
struct SeriesLoad {
  std::int64_t series = 1;  // > 0
  double rate_per_s = 1;    // requests of each, in the mean; > 0
};

/// The same load for each scope. Error: invalid_argument, where the definitions are not acceptable.
Result<std::vector<ScopeForecast>> forecast(const fold::Config& config, const SeriesLoad& load);

}  // namespace weir::cli
