// `weir up --demo`: simulated traffic at the pace of the clock, with one scripted incident.
#pragma once

#include <cstdint>
#include <functional>

#include "processors/core/result.h"
#include "processors/core/time.h"
#include "processors/runtime/io.h"

namespace weir::cli {

struct DemoOptions {
  double rate_per_s = 300;      // the mean of a day
  std::int32_t partitions = 2;  // of `weir.inference`
  std::function<TimeUs()> clock;
};

/// When the incident begins and ends after the start, and whom it hits.
inline constexpr DurationUs kDemoIncidentAfterUs = kMinuteUs;
inline constexpr DurationUs kDemoIncidentLengthUs = 4 * kMinuteUs;

/// Appends to `weir.inference` from now on until `stop` says true, which is asked several times a
/// second. Traffic that could not be appended in time (the machine slept) is left out. Errors: as
/// of the appender.
Result<void> run_demo(const DemoOptions& options, runtime::Appender& appender,
                      const std::function<bool()>& stop);

}  // namespace weir::cli
