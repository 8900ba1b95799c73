// The facts that kpi reports.
#pragma once

#include "processors/runtime/probe.h"

namespace weir::kpi {

struct Probe {
  explicit Probe(runtime::Metrics& metrics);

  runtime::Counter& deltas;
  runtime::Counter& late_deltas;
  runtime::Counter& lost_events;       // late beyond what a tier keeps: only after a stall
  runtime::Counter& lost_offsets;      // raw ones, whose deltas were deleted unread
  runtime::Counter& undefined_deltas;  // whose definitions were
  runtime::Counter& overflow_deltas;   // went to an __other__ series
  runtime::Counter& results;
  runtime::Counter& restatements;
  runtime::Counter& admitted_series;
  runtime::Counter& retired_series;
  runtime::Counter& ticks;
  runtime::Counter& commits;  // more than ticks, where these are large
};

}  // namespace weir::kpi
