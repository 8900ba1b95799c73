// The facts that fold reports.
#pragma once

#include <array>

#include "processors/runtime/probe.h"
#include "weir/v1/dead_letter.pb.h"

namespace weir::fold {

struct Probe {
  explicit Probe(runtime::Metrics& metrics);

  runtime::Counter& records;
  runtime::Counter& events;            // that counted
  runtime::Counter& late_events;       // later than tier 0 takes, and counted in coarser tiers
  runtime::Counter& repeated_records;  // dropped: their id was seen
  runtime::Counter& lost_offsets;      // gone before they were read
  runtime::Counter& ticks;
  runtime::Counter& unknown_fields;  // of JSON events
  runtime::Counter& batches;
  runtime::Counter& deltas;
  runtime::Counter& objective_deltas;
  runtime::Counter& dead(v1::DeadLetterReason reason) const;  // events refused

 private:
  std::array<runtime::Counter*, v1::DeadLetterReason_ARRAYSIZE> dead_{};
};

}  // namespace weir::fold
