#include "processors/kpi/probe.h"

namespace weir::kpi {

Probe::Probe(runtime::Metrics& metrics)
    : deltas(metrics.counter("weir_kpi_deltas_total", "Pane deltas merged.")),
      late_deltas(metrics.counter("weir_kpi_late_deltas_total",
                                  "Pane deltas that came after their pane had closed.")),
      lost_events(metrics.counter("weir_kpi_lost_events_total",
                                  "Events of a stalled partition that no pane was kept for.")),
      lost_offsets(metrics.counter(
          "weir_kpi_lost_offsets_total",
          "Raw offsets of batches that were deleted unread, or a part of which was.")),
      undefined_deltas(metrics.counter("weir_kpi_undefined_deltas_total",
                                       "Deltas left out as a loss took their definitions.")),
      overflow_deltas(metrics.counter("weir_kpi_overflow_deltas_total",
                                      "Pane deltas counted in __other__, above the series cap.")),
      results(metrics.counter("weir_kpi_results_total", "Results told, restatements included.")),
      restatements(metrics.counter("weir_kpi_restatements_total", "Results told again.")),
      admitted_series(metrics.counter("weir_kpi_admitted_series_total",
                                      "Series that got a number, __other__ included.")),
      retired_series(metrics.counter("weir_kpi_retired_series_total",
                                     "Series forgotten because nothing depends on them.")),
      ticks(metrics.counter("weir_kpi_ticks_total", "Ticks told to their end.")),
      commits(metrics.counter("weir_kpi_commits_total", "Commits prepared.")) {}

}  // namespace weir::kpi
