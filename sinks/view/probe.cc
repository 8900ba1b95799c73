#include "sinks/view/probe.h"

namespace weir::view {

Probe::Probe(runtime::Metrics& metrics)
    : bytes(metrics.gauge("weir_view_bytes", "Memory of the live view, estimated.")),
      taken(metrics.counter("weir_view_values_total", "Window values taken into the live view.")),
      evicted(metrics.counter("weir_view_evicted_values_total",
                              "Window values let go to stay within the view's memory.")),
      memory_answers(metrics.counter("weir_view_answers_total",
                                     "Questions about results, by where the answer came from.",
                                     {{"source", "memory"}})),
      log_answers(metrics.counter("weir_view_answers_total",
                                  "Questions about results, by where the answer came from.",
                                  {{"source", "log"}})) {}

}  // namespace weir::view
