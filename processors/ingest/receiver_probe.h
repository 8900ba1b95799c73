// The facts that receiving reports.
#pragma once

#include "processors/runtime/probe.h"

namespace weir::ingest {

struct ReceiverProbe {
  explicit ReceiverProbe(runtime::Metrics& metrics);

  runtime::Counter& accepted_events;  // durable
  runtime::Counter& rejected_events;
  runtime::Counter& ignored_spans;
  runtime::Counter& unknown_fields;
  runtime::Counter& repeated_requests;     // stored before, answered again
  runtime::Counter& conflicting_requests;  // an idempotency key with other events
  runtime::Counter& delayed_requests;      // 429: the log is behind
  runtime::Counter& failed_requests;       // 503: the log did not take them
};

}  // namespace weir::ingest
