// Alerts as gauges: how many stand, and how good they were.
//
//   # HELP weir_alerts Alerts as they stand, those that nobody is told of included.
//   # TYPE weir_alerts gauge
//   weir_alerts{state="firing",severity="page"} 1
#pragma once

#include <map>
#include <string>

#include "sinks/results/alert_board.h"
#include "sinks/results/alert_stats.h"

namespace weir::prometheus {

/// Severities above so many are counted together, as `__other__`.
inline constexpr std::size_t kMaxSeverities = 20;

/// Services that have statistics of their own; those of which less fired are left out.
inline constexpr std::size_t kMaxServices = 100;

/// By state and severity, 0 where there is none: of "page", of "ticket", and of every severity that
/// an alert has, a resolved one included. Pure; thread-safe.
std::string alert_text(const std::map<std::string, v1::Alert>& alerts);

/// Of all together (`scope="*"`) and of each service (`scope="service"`); what is absent has no
/// sample. Pure; thread-safe.
std::string alert_stats_text(const results::AllAlertStats& stats);

}  // namespace weir::prometheus
