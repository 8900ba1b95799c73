// `weir simulate`: a Simulator's partitions, appended to a log.
#pragma once

#include <cstdint>
#include <vector>

#include "processors/core/result.h"
#include "processors/core/time.h"
#include "processors/ingest/incident.h"
#include "processors/ingest/progress.h"
#include "processors/ingest/simulator.h"
#include "processors/runtime/io.h"

namespace weir::ingest {

struct SimulateSummary {
  std::int64_t events = 0;
  std::int64_t records = 0;
  std::uint64_t bytes = 0;  // of the records
  TimeUs greatest_event_time_us = kMinTime;
  std::vector<Incident> incidents;  // the labels
};

/// Makes all partitions, on `threads` threads (>= 1), and appends them to `weir.inference`, which
/// must have as many as the options say. The bytes do not depend on the threads. `progress` counts
/// events; it is called from these threads, one at a time. Errors: as of Simulator::make and of
/// the appender; what was appended until then stays.
Result<SimulateSummary> simulate(const SimulatorOptions& options, runtime::Appender& appender,
                                 int threads, const Progress& progress);

}  // namespace weir::ingest
