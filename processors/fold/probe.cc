#include "processors/fold/probe.h"

#include "processors/events/dead_letter.h"

namespace weir::fold {

Probe::Probe(runtime::Metrics& metrics)
    : records(metrics.counter("weir_fold_records_total", "Raw records read.")),
      events(metrics.counter("weir_fold_events_total", "Events that counted.")),
      late_events(metrics.counter("weir_fold_late_events_total",
                                  "Events too late for the finest tier, counted in coarser ones.")),
      repeated_records(metrics.counter("weir_fold_repeated_records_total",
                                       "Records dropped because their id had been seen.")),
      lost_offsets(metrics.counter("weir_fold_lost_offsets_total",
                                   "Raw offsets deleted before they were read.")),
      ticks(metrics.counter("weir_fold_ticks_total", "Tick records that moved time.")),
      unknown_fields(metrics.counter("weir_fold_unknown_fields_total",
                                     "Fields of JSON events that Weir does not know.")),
      batches(metrics.counter("weir_fold_batches_total", "Partial batches written.")),
      deltas(metrics.counter("weir_fold_deltas_total", "Pane deltas written.")),
      objective_deltas(
          metrics.counter("weir_fold_objective_deltas_total", "Deltas of objectives written.")) {
  for (int reason = 0; reason < v1::DeadLetterReason_ARRAYSIZE; ++reason)
    dead_[static_cast<std::size_t>(reason)] = &metrics.counter(
        "weir_fold_dead_events_total", "Events refused, by reason.",
        {{"reason", events::reason_name(static_cast<v1::DeadLetterReason>(reason))}});
}

runtime::Counter& Probe::dead(v1::DeadLetterReason reason) const {
  return *dead_[static_cast<std::size_t>(reason)];
}

}  // namespace weir::fold
