#include "processors/ingest/receiver_probe.h"

namespace weir::ingest {

ReceiverProbe::ReceiverProbe(runtime::Metrics& metrics)
    : accepted_events(metrics.counter("weir_ingest_accepted_events_total",
                                      "Events received and made durable.")),
      rejected_events(metrics.counter("weir_ingest_rejected_events_total",
                                      "Events received that broke a rule.")),
      ignored_spans(metrics.counter("weir_ingest_ignored_spans_total",
                                    "Spans received that are no request to a model.")),
      unknown_fields(metrics.counter("weir_ingest_unknown_fields_total",
                                     "JSON fields received that no event has.")),
      repeated_requests(metrics.counter("weir_ingest_repeated_requests_total",
                                        "Requests that were stored before, answered again.")),
      conflicting_requests(metrics.counter("weir_ingest_conflicting_requests_total",
                                           "Requests with the idempotency key of others.")),
      delayed_requests(metrics.counter("weir_ingest_delayed_requests_total",
                                       "Requests told to come later, because the log is behind.")),
      failed_requests(metrics.counter("weir_ingest_failed_requests_total",
                                      "Requests that the log did not take.")) {}

}  // namespace weir::ingest
