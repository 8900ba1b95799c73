// What an operator may choose about fold, and thereby about every number downstream: scopes, their
// windows and sketches, what is rated, how late is late. Plain values; thread-safe once read.
#pragma once

#include <cstdint>
#include <memory>

#include "processors/aggregates/definitions.h"
#include "processors/config/document.h"
#include "processors/core/result.h"
#include "processors/core/time.h"
#include "processors/objectives/objective.h"

namespace weir::fold {

struct Config {
  /// The rules, as they travel in band. Default: see default_definitions().
  v1::Definitions definitions;

  /// How long a record's id is remembered: a longer time catches later retries, and costs about 100
  /// bytes for every record with an id in it.
  DurationUs dedup_horizon_us = 10 * kMinuteUs;

  /// An event further than this ahead of the log's own time cannot move time.
  DurationUs future_limit_us = kMinuteUs;

  /// What events are judged by; null: nothing. Set by the wiring.
  std::shared_ptr<const objectives::Objectives> objectives;

  /// Memory for open deltas, a task; when it is full a commit empties it. Set by the wiring.
  std::uint64_t open_delta_bytes = 64 << 20;

  /// History: the log's time is event time. Set by the wiring.
  bool history = false;
};

/// [service], [service, model] and [tenant] over 1m/10s, 5m/10s, 1h/1m; every duration sketched;
/// client errors and cancellations not rated; 5 s out of order; default tiers.
v1::Definitions default_definitions();

/// The `fold:` section; what is wrong is recorded in its document.
///
///   fold:
///     out_of_orderness: 5s
///     dedup_horizon: 10m
///     unrated: [client_error, cancelled]
///     lateness: {10s: 10m, 1m: 1h}         # by tier; others keep their default
///     scopes:
///       - dimensions: [service, model]
///         windows: [1m/10s, 1h/1m]
///         sketches: [latency, ttft]
///         distinct: [users, tenants]
Config read_config(const config::Section& section);

}  // namespace weir::fold
