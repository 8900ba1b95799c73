// From what a window holds to what is published about it: weir.v1.KpiValues, and the signed
// difference of two of them. Pure; thread-safe.
#pragma once

#include <array>

#include "processors/aggregates/definitions.h"
#include "processors/aggregates/inference_aggregate.h"
#include "processors/core/time.h"
#include "weir/v1/kpi.pb.h"

namespace weir::aggregates {

/// The values of a window of this length (> 0) and scope; `rated` is Definitions::rated().
///
/// What no event told is absent, never 0: a distribution without values, a ratio without a
/// denominator, a sum nobody sent. Quantiles are there where the scope sketches that duration,
/// distinct counts where it counts them. No quantile is above the maximum. An empty window has 0
/// requests and nothing else.
v1::KpiValues to_values(const InferenceAggregate& aggregate, DurationUs window_length_us,
                        const Scope& scope, const std::array<bool, kStatuses>& rated);

/// `value` - `restated`, field by field, so that `restated` + difference is `value`. What one side
/// lacks is 0 there, but a quantile or a ratio that either side lacks is absent from the
/// difference, and what both lack is absent, too.
v1::KpiValues difference(const v1::KpiValues& value, const v1::KpiValues& restated);

}  // namespace weir::aggregates
