// How large the state of kpi will become: what a pane takes is measured on simulated traffic,
// folded by fold itself; how many panes there will be follows from the windows.
//
// An estimate: the simulator's latencies, and its few busy and many quiet series. Where all
// series are alike they take more, up to twice as much: requests of busy ones share panes.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "processors/core/result.h"
#include "processors/core/time.h"
#include "processors/fold/config.h"

namespace weir::cli {

struct TierForecast {
  /// The panes of one simulated series.
  struct Measured {
    double filled = 0;      // share of them in which it has requests, 0 .. 1
    double pane_bytes = 0;  // of one of these, key and value
  };

  DurationUs span_us = 0;
  std::int64_t panes = 0;  // slots of a series' ring
  double pane_bytes = 0;   // in the mean of all panes with requests
  std::vector<Measured> series;

  /// Bytes of one series that has sent for so long. A slot holds a pane until another one with
  /// requests takes its place, so the ring of a quiet series fills up as well, only later.
  double series_bytes_after(DurationUs age_us) const;
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
  double tenant_skew = 1;   // tenant i weighs 1 / (1 + skew * i): 0 is even, 1 is Zipf
};

/// The same load for each scope. Error: invalid_argument, where the definitions are not acceptable.
Result<std::vector<ScopeForecast>> forecast(const fold::Config& config, const SeriesLoad& load);

}  // namespace weir::cli
