// Adds up what several partitions say of their shares of one series.
#pragma once

#include "weir/v1/kpi.pb.h"

namespace weir::results {

/// Adds `share` to `sum`. What cannot be added (quantiles, the busiest second, distinct counts,
/// shares of events whose number is not told) becomes absent.
void add_up(const v1::WindowResult& share, v1::WindowResult& sum);

}  // namespace weir::results
