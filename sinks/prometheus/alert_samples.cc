#include "sinks/prometheus/alert_samples.h"

#include <array>

#include "sinks/prometheus/gauges.h"

namespace weir::prometheus {
namespace {

struct Counts {
  int firing = 0;
  int pending = 0;
};

const std::array<GaugeName, 1>& names() {
  static const std::array<GaugeName, 1> all = {
      {{"weir_alerts", "Alerts as they stand, those that nobody is told of included."}}};
  return all;
}

std::map<std::string, Counts> count(const std::map<std::string, v1::Alert>& alerts) {
  std::map<std::string, Counts> counts;
  for (const char* severity : {"page", "ticket"}) counts[severity] = {};
  for (const auto& [fingerprint, alert] : alerts) {
    const bool apart = counts.size() < kMaxSeverities || counts.contains(alert.severity());
    Counts& of_severity = counts[apart ? alert.severity() : "__other__"];
    if (alert.state() == v1::ALERT_STATE_FIRING) ++of_severity.firing;
    if (alert.state() == v1::ALERT_STATE_PENDING) ++of_severity.pending;
  }
  return counts;
}

}  // namespace

std::string alert_text(const std::map<std::string, v1::Alert>& alerts) {
  Gauges gauges(names());
  for (const auto& [severity, counts] : count(alerts)) {
    const auto add = [&](v1::AlertState state, int of_state) {
      gauges.add(0,
                 fmt::format(R"(state="{}",severity="{}")", results::state_text(state),
                             escape_label(severity)),
                 of_state);
    };
    add(v1::ALERT_STATE_FIRING, counts.firing);
    add(v1::ALERT_STATE_PENDING, counts.pending);
  }
  return gauges.text();
}

}  // namespace weir::prometheus
