// The default policy: multi-window, multi-burn-rate, as the SRE workbook recommends it
// (https://sre.google/workbook/alerting-on-slos/), scaled to the objective's window. A function.
//
//   name       severity   budget spent in it   long   short
//   page-1h    page         2 %                1h     5m      14.4 of a 30 d window
//   page-6h    page         5 %                6h     30m      6
//   ticket-1d  ticket      10 %                1d     2h       3
//   ticket-3d  ticket      10 %                3d     6h       1
//
// The factor is the share of the budget times window over long, so that the same share is spent
// when it fires. An objective's window below four weeks shrinks both in proportion to 30 d, in
// whole 10 s; none becomes shorter than a minute, nor the short one as long as the long one. Where
// slices of time are counted a long one holds at least `min_events` of them, as far as the
// objective's window does: below that nothing would be said, ever.
#pragma once

#include <string_view>
#include <vector>

#include "processors/core/time.h"
#include "weir/v1/objective.pb.h"

namespace weir::objectives {

/// When few events say little.
struct LowTraffic {
  std::int64_t level_ppb = 100'000;  // of the binomial tail; more fires earlier, and falsely
  std::int64_t min_events = 10;      // in the long window; slices, where these are counted
};

/// A row of a policy, before it is scaled.
struct BurnRule {
  std::string_view name;
  std::string_view severity;
  std::int64_t budget_ppb = 0;
  DurationUs long_us = 0;
  DurationUs short_us = 0;
};

/// The burn rate at which this share of the budget of a window goes within `long_us`.
std::int64_t burn_factor_ppb(std::int64_t budget_ppb, DurationUs window_us, DurationUs long_us);

/// For an objective whose window is so long (> 0), and its slices; 0: it counts events.
std::vector<v1::ConditionDefinition> default_conditions(DurationUs window_us,
                                                        const LowTraffic& low_traffic,
                                                        DurationUs slice_us = 0);

}  // namespace weir::objectives
