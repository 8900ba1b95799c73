#include "sinks/prometheus/alert_samples.h"

#include <algorithm>
#include <array>
#include <functional>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "processors/core/time.h"
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

using results::AlertStats;

std::optional<double> seconds(const std::optional<DurationUs>& duration) {
  if (!duration) return std::nullopt;
  return static_cast<double>(*duration) / static_cast<double>(kSecondUs);
}

struct Statistic {
  GaugeName name;
  std::optional<double> (*value)(const AlertStats& stats);
};

/// A gauge of a number of them.
template <std::int64_t AlertStats::* kNumber>
Statistic number(std::string name, std::string help) {
  return {{std::move(name), std::move(help)}, [](const AlertStats& stats) {
            return std::optional(static_cast<double>(stats.*kNumber));
          }};
}

/// A gauge of a ratio.
template <std::optional<double> AlertStats::* kRatio>
Statistic ratio(std::string name, std::string help) {
  return {{std::move(name), std::move(help)},
          [](const AlertStats& stats) { return stats.*kRatio; }};
}

/// A gauge of a mean time.
template <std::optional<DurationUs> AlertStats::* kMean>
Statistic mean(std::string name, std::string help) {
  return {{std::move(name), std::move(help)},
          [](const AlertStats& stats) { return seconds(stats.*kMean); }};
}

const std::vector<Statistic>& statistics() {
  static const std::vector<Statistic> all = {
      number<&AlertStats::fired>("weir_alert_fired_lives",
                                 "Lives of alerts that fired in the last 30 days."),
      number<&AlertStats::hidden>("weir_alert_hidden_lives",
                                  "Of those that fired, those that a silence or another alert "
                                  "hid, and nobody was told of."),
      number<&AlertStats::acknowledged>("weir_alert_acknowledged_lives",
                                        "Of those that fired, those that somebody took on."),
      number<&AlertStats::useful>("weir_alert_useful_lives",
                                  "Of those that fired, those marked useful."),
      number<&AlertStats::not_useful>("weir_alert_not_useful_lives",
                                      "Of those that fired, those marked not useful."),
      number<&AlertStats::incidents>("weir_alert_incidents",
                                     "Times in which something of a service fired."),
      number<&AlertStats::told>("weir_alert_notifications",
                                "Notifications that were decided, over all receivers."),
      number<&AlertStats::sent>("weir_alert_sent_notifications",
                                "Of the notifications decided, those that a receiver took."),
      number<&AlertStats::failed>("weir_alert_failed_notifications",
                                  "Of the notifications decided, those that are dead letters."),
      ratio<&AlertStats::signal_to_noise>(
          "weir_alert_signal_to_noise_ratio",
          "Taken on or marked useful, of what fired and was not hidden."),
      ratio<&AlertStats::precision>("weir_alert_precision_ratio",
                                    "Marked useful, of all that was marked."),
      mean<&AlertStats::time_to_acknowledge_us>("weir_alert_mtta_seconds",
                                                "Mean time from firing to being taken on."),
      mean<&AlertStats::time_to_resolve_us>("weir_alert_mttr_seconds",
                                            "Mean time from firing to the end."),
      mean<&AlertStats::time_between_failures_us>(
          "weir_alert_mtbf_seconds",
          "Mean time from the end of an incident of a service to its next.")};
  return all;
}

/// Those of which most fired first.
std::vector<std::pair<std::string_view, const AlertStats*>> shown_of(
    const std::map<std::string, AlertStats>& services) {
  std::vector<std::pair<std::string_view, const AlertStats*>> shown;
  for (const auto& [service, stats] : services) shown.emplace_back(service, &stats);
  std::ranges::stable_sort(shown, std::ranges::greater(),
                           [](const auto& each) { return each.second->fired; });
  if (shown.size() > kMaxServices) shown.resize(kMaxServices);
  return shown;
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

std::string alert_stats_text(const results::AllAlertStats& stats) {
  std::vector<GaugeName> names;
  for (const Statistic& statistic : statistics()) names.push_back(statistic.name);
  Gauges gauges(names);
  const auto add = [&](std::string_view labels, const AlertStats& own) {
    for (std::size_t i = 0; i < names.size(); ++i)
      if (const auto value = statistics()[i].value(own)) gauges.add(i, labels, *value);
  };
  add(R"(scope="*")", stats.all);
  for (const auto& [service, own] : shown_of(stats.by_service))
    add(fmt::format(R"(scope="service",service="{}")", escape_label(service)), *own);
  return gauges.text();
}

}  // namespace weir::prometheus
