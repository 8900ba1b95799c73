// How many alerts stand, as a gauge.
//
//   # HELP weir_alerts Alerts as they stand, those that nobody is told of included.
//   # TYPE weir_alerts gauge
//   weir_alerts{state="firing",severity="page"} 1
#pragma once

#include <map>
#include <string>

#include "sinks/results/alert_board.h"

namespace weir::prometheus {

/// Severities above so many are counted together, as `__other__`.
inline constexpr std::size_t kMaxSeverities = 20;

/// By state and severity, 0 where there is none: of "page", of "ticket", and of every severity that
/// an alert has, a resolved one included. Pure; thread-safe.
std::string alert_text(const std::map<std::string, v1::Alert>& alerts);

}  // namespace weir::prometheus
