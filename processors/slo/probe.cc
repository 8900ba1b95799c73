#include "processors/slo/probe.h"

namespace weir::slo {

Probe::Probe(runtime::Metrics& metrics)
    : deltas(metrics.counter("weir_slo_deltas_total", "Deltas of objectives taken.")),
      late_deltas(metrics.counter("weir_slo_late_deltas_total",
                                  "Deltas that came after their pane had closed.")),
      lost_events(metrics.counter("weir_slo_lost_events_total",
                                  "Events that came too late for the slice they belong to.")),
      lost_offsets(metrics.counter(
          "weir_slo_lost_offsets_total",
          "Raw offsets of batches that were deleted unread, or a part of which was.")),
      superseded_events(metrics.counter("weir_slo_superseded_events_total",
                                        "Events of a definition that no longer holds.")),
      overflow_deltas(metrics.counter("weir_slo_overflow_deltas_total",
                                      "Deltas counted in __other__, above the series cap.")),
      results(metrics.counter("weir_slo_results_total", "Results told.")),
      condition_changes(
          metrics.counter("weir_slo_condition_changes_total", "Changes of conditions told.")),
      opened_ledgers(metrics.counter("weir_slo_opened_ledgers_total", "Ledgers begun.")),
      closed_ledgers(metrics.counter("weir_slo_closed_ledgers_total", "Ledgers closed.")) {}

}  // namespace weir::slo
