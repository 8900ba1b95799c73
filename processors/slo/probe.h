// The facts that slo reports.
#pragma once

#include "processors/runtime/probe.h"

namespace weir::slo {

struct Probe {
  explicit Probe(runtime::Metrics& metrics);

  runtime::Counter& deltas;
  runtime::Counter& late_deltas;
  runtime::Counter& lost_events;        // too late for the slice they belong to
  runtime::Counter& lost_offsets;       // raw ones, whose deltas were deleted unread
  runtime::Counter& superseded_events;  // of a definition that no longer holds
  runtime::Counter& overflow_deltas;    // went to an __other__ ledger
  runtime::Counter& results;
  runtime::Counter& condition_changes;
  runtime::Counter& opened_ledgers;
  runtime::Counter& closed_ledgers;
};

}  // namespace weir::slo
