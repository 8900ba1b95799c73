// The facts that the live view reports.
#pragma once

#include "processors/runtime/probe.h"

namespace weir::view {

struct Probe {
  explicit Probe(runtime::Metrics& metrics);

  runtime::Gauge& bytes;
  runtime::Counter& taken;    // values of windows
  runtime::Counter& evicted;  // to stay within its memory
  runtime::Counter& memory_answers;
  runtime::Counter& log_answers;  // that memory does not reach
};

}  // namespace weir::view
