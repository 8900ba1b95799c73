// What an operator may choose about slo. Plain values; thread-safe once read.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "processors/config/document.h"
#include "processors/core/time.h"
#include "processors/objectives/policy.h"
#include "processors/windows/sources.h"

namespace weir::slo {

/// A planned time whose events no objective answers for: they are counted apart, visibly.
struct Maintenance {
  TimeUs from_us = 0;
  TimeUs to_us = 0;
  std::string reason;
  std::vector<std::string> objectives;  // by name; empty: all. The wiring refuses unknown ones.
};

struct Config {
  /// Files of OpenSLO documents, as written: where they are is for the wiring.
  std::vector<std::string> objectives;

  /// When few events say little: a smaller level fires later and less often falsely.
  objectives::LowTraffic low_traffic;

  /// When events cease. Sooner tells of pauses, too; page, ticket or info.
  struct Silence {
    DurationUs after_us = 10 * kMinuteUs;  // 0: never told
    std::string severity = "ticket";
  };
  Silence silence;

  /// Panes that such a time touches are left out when they close; what was told before stays.
  std::vector<Maintenance> maintenance;

  /// Ledgers of one objective that one partition keeps apart; what comes later goes to its
  /// `__other__`.
  std::int64_t max_series = 10'000;

  /// As kpi's: longer waits for slow machines, shorter keeps alerts timely.
  DurationUs stall_after_us = 2 * kMinuteUs;

  /// A tick with more output than this is told in several commits.
  std::uint64_t step_bytes = 8 << 20;

  /// History: no partition is ever stalled. Set by the wiring.
  bool history = false;

  /// As kpi's: set by the wiring where losses are accepted. Absent: they stop the task.
  windows::OnLoss on_loss = {};
};

/// The `slo:` section; what is wrong is recorded in its document.
///
///   slo:
///     objectives: [slo.yaml]
///     low_traffic: {level: 0.0001, min_events: 10}
///     silence: {after: 10m, severity: ticket}
///     maintenance:
///       - {from: 2026-01-05T02:00:00Z, to: 2026-01-05T04:00:00Z, reason: database move}
Config read_config(const config::Section& section);

}  // namespace weir::slo
