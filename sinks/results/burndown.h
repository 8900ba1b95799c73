// How the budget of each ledger went down, in few points, from `weir.burn`.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "processors/core/result.h"
#include "processors/core/time.h"
#include "processors/runtime/io.h"
#include "weir/v1/burn.pb.h"

namespace weir::results {

struct BurndownPoint {
  TimeUs end_us = 0;
  std::optional<double> left_ratio;  // of the budget; below 0: overspent; none: no events
  std::optional<double> hour_rate;   // the burn rate over an hour
};

/// One ledger, the version told last. Of a rolling window each point is of another time, so that
/// the first one may be anywhere, also below 0.
struct Burndown {
  v1::BurnResult last;
  /// Points are only of the calendar window that `last` is in, and begin at its start with all of
  /// the budget.
  bool calendar = false;
  std::vector<BurndownPoint> points;  // ascending; each holds until the next
};

struct BurndownQuery {
  std::string objective;    // empty: all
  std::size_t points = 0;   // at most so many of a ledger (> 2): the last of as many equal times
  std::int64_t newest = 0;  // looks at so many records of each partition; 0: all
};

/// Ledgers that are open, by objective and series. Memory: 40 bytes a record that is looked at.
/// Errors: as read_burn.
Result<std::vector<Burndown>> read_burndown(const runtime::Reader& log, const BurndownQuery& query);

}  // namespace weir::results
