// What an operator may choose about alerts. Plain values; thread-safe once read.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "processors/alert/annotations.h"
#include "processors/config/document.h"
#include "processors/core/time.h"
#include "processors/labels/matcher.h"

namespace weir::alert {

/// How alerts of one route become notifications. Waits and intervals are append time.
struct Grouping {
  /// Alerts that have these labels alike are told together. Fewer: fewer and larger notifications.
  std::vector<std::string> group_by = {"service"};
  /// Before a new group is told first. What one tick sets off is told together without it.
  DurationUs wait_us = 0;
  /// Between two notifications of a group whose alerts changed.
  DurationUs interval_us = kMinuteUs;
  /// Between two of one that nobody has acknowledged and where nothing changed.
  DurationUs repeat_us = 4 * kHourUs;
};

/// Alerts that match go to its receivers. The first route that matches holds, and further ones only
/// where each before says `continue`. What no route matches goes to every receiver.
struct Route {
  std::vector<labels::Matcher> matchers;
  std::vector<std::string> receivers;
  Grouping grouping;
  bool go_on = false;
};

/// While a `source` fires, nobody is told of a `target` that has the labels `equal` alike. An alert
/// does not inhibit itself.
struct Inhibition {
  std::vector<labels::Matcher> source;
  std::vector<labels::Matcher> target;
  /// Absent: all but alertname, condition and severity, so the same objective and series.
  std::optional<std::vector<std::string>> equal;
};

/// An alert whose condition begins `changes` times `within` so long comes and goes: it is then held
/// firing until its condition is quiet for `hold`. 0 changes: never.
struct Flapping {
  std::int64_t changes = 4;
  DurationUs within_us = kHourUs;
  DurationUs hold_us = 15 * kMinuteUs;
};

/// What one receiver is told at most: `per_hour` notifications, digests included, and then a digest
/// of all that changed each `digest_every`.
struct Storm {
  std::int64_t per_hour = 60;
  DurationUs digest_every_us = 5 * kMinuteUs;
  /// More groups than this at once, repeats included, are one digest: they have one cause.
  std::int64_t groups_at_once = 5;
  /// While event time is this far behind append time, as after an outage, nothing is told but a
  /// digest when it has caught up, or each `digest_every`.
  DurationUs backlog_after_us = 5 * kMinuteUs;
};

struct Config {
  /// Who can be told, by name; empty: nobody, and alerts are kept all the same.
  std::vector<std::string> receivers;
  Grouping grouping;  // of what no route matches, and of routes that do not say
  std::vector<Route> routes;
  /// What pages hides the tickets of the same objective and series.
  std::vector<Inhibition> inhibit = default_inhibition();
  /// How long a condition must be quiet until its alert resolves. Longer: fewer, later ends.
  DurationUs keep_firing_us = kMinuteUs;
  Flapping flapping;
  Storm storm;
  /// Text for people, by name.
  std::vector<Annotation> annotations = default_annotations();
  /// Where a person finds the page, for links: https://weir.example.com; empty: no links.
  std::string page_url;
  /// Alerts that are kept, resolved ones included; further ones are refused, visibly.
  std::int64_t max_alerts = 2'000;

  /// Records are stamped with the append times that were read, as event time tells them.
  bool history = false;

  static std::vector<Inhibition> default_inhibition();
};

/// Reads the section `alert:`; every problem is recorded with its line. Where it names no
/// `receivers`, all of these can be told. Routes name some of those that can be.
///
///   alert:
///     receivers: [oncall, team-chat]
///     page: https://weir.example.com
///     group_by: [service]
///     group_wait: 0s
///     group_interval: 1m
///     repeat_interval: 4h
///     routes:
///       - {match: [severity=page], receivers: [oncall], continue: true}
///       - {match: [severity=~"page|ticket"], receivers: [team-chat], group_by: [service, model]}
///     inhibit:
///       - {source: [severity=page], target: [severity=ticket], equal: [service]}
///     keep_firing_for: 1m
///     flapping: {changes: 4, within: 1h, hold: 15m}
///     storm: {per_hour: 60, digest_every: 5m, groups_at_once: 5, backlog_after: 5m}
///     annotations: {summary: "{{objective}} burns {{burn_rate}}x"}
///     max_alerts: 2000
Config read_config(const config::Section& section, std::vector<std::string> receivers = {});

/// The section that reads as these rules, with every choice, defaults included: what is recorded of
/// them (config_text.cc). Same rules, same text.
std::string to_text(const Config& config);

}  // namespace weir::alert
