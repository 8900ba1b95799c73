// The facts that alert reports.
#pragma once

#include "processors/runtime/probe.h"

namespace weir::alert {

struct Probe {
  explicit Probe(runtime::Metrics& metrics);

  runtime::Counter& alert_changes;
  runtime::Counter& notifications;
  runtime::Counter& digests;    // notifications
  runtime::Counter& throttled;  // groups that were made to wait for a digest
  runtime::Counter& decisions;
  runtime::Counter& refused_alerts;   // above the cap
  runtime::Counter& unknown_signals;  // of a newer weir, or about what is not kept
  runtime::Gauge& firing;
};

}  // namespace weir::alert
