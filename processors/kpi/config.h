// What an operator may choose about kpi. Plain values; thread-safe once read.
#pragma once

#include <cstdint>

#include "processors/config/document.h"
#include "processors/core/time.h"
#include "processors/windows/sources.h"

namespace weir::kpi {

struct Config {
  /// Series of one scope that one partition keeps apart; what comes later goes to its `__other__`.
  /// More tell a finer story; `weir check` says what each costs.
  std::int64_t max_series = 100'000;

  /// A raw partition that says nothing for this long, while others do, is left out of the
  /// watermark: longer waits for slow machines, shorter keeps alerts timely.
  DurationUs stall_after_us = 2 * kMinuteUs;

  /// A tick with more output than this is told in several commits.
  std::uint64_t step_bytes = 8 << 20;

  /// History: no partition is ever stalled. Set by the wiring, not by the operator.
  bool history = false;

  /// Set by the wiring where losses are accepted: batches that are gone are jumped over and told
  /// here, and windows that may lack them are marked. Absent: they stop the task.
  windows::OnLoss on_loss = {};
};

/// The `kpi:` section; what is wrong is recorded in its document.
Config read_config(const config::Section& section);

}  // namespace weir::kpi
