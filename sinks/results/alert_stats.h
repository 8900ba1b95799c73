// How good the alerting is, from its decisions.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "processors/core/result.h"
#include "processors/core/time.h"
#include "sinks/results/alert_board.h"
#include "sinks/results/alert_tally.h"
#include "sinks/results/decisions.h"
#include "sinks/results/proto_json.h"
#include "sinks/results/record_scan.h"

namespace weir::results {

/// Of one service, or of all. A life is an alert from its firing to its end; what fired before the
/// first decision is not among them.
struct AlertStats {
  std::int64_t fired = 0;  // lives
  /// Of them, those that a silence or another alert hid: nobody was told, took it on or marked it.
  std::int64_t hidden = 0;
  std::int64_t acknowledged = 0;  // of them
  std::int64_t useful = 0;        // marked so, by the last mark
  std::int64_t not_useful = 0;
  std::int64_t actioned = 0;  // acknowledged or marked useful
  std::int64_t told = 0;      // notifications, each once, over all receivers
  std::int64_t sent = 0;      // those of them that a receiver took
  std::int64_t failed = 0;    // those of them that are dead letters
  /// Times in which something of a service fires, whether one alert or several.
  std::int64_t incidents = 0;

  /// actioned / (fired - hidden): what nobody was told is no noise; absent: there was no other.
  std::optional<double> signal_to_noise;
  /// useful / (useful + not useful); absent: nothing was marked.
  std::optional<double> precision;
  /// Mean from knowing that it fires to knowing that somebody took it on (append time).
  std::optional<DurationUs> time_to_acknowledge_us;
  /// Mean from firing to the end (event time), of those that have ended.
  std::optional<DurationUs> time_to_resolve_us;
  /// Mean from the end of one incident of a service to the begin of its next (event time).
  std::optional<DurationUs> time_between_failures_us;
};

struct AllAlertStats {
  AlertStats all;
  std::map<std::string, AlertStats> by_service;
};

/// Pure. Costs as much as the tally has.
AllAlertStats alert_stats(const AlertTally& tally);
/// Of those that the query asks for. Memory: the tally's. Errors: as read_decisions.
Result<AllAlertStats> read_alert_stats(const runtime::Reader& log, const DecisionQuery& query);

/// Statistics of the last kBoardKeepsUs, by append time, kept up to date: as read_alert_stats would
/// give them from there to the last decision, at the cost of what is new. A value; one thread, or
/// many that only read.
class AlertStatsBoard {
 public:
  /// Lives and notifications; above, the older half of the time is forgotten until they fit. While
  /// it reads, twice as many.
  static constexpr std::size_t kMaxTallied = 100'000;

  /// Takes what was decided since the last call. A log without the topic has nothing. Errors: the
  /// reader's; a record that cannot be read is passed over, see unreadable().
  Result<void> update(const runtime::Reader& log);

  const AllAlertStats& stats() const { return stats_; }
  const Unreadable& unreadable() const { return tail_.unreadable; }

 private:
  Tail tail_;
  AlertTally tally_{kMaxTallied, kBoardKeepsUs};
  AllAlertStats stats_;
  std::int64_t counted_to_ = -1;  // the offset that stats_ is of
};

/// Durations in seconds; absent is null.
Json to_json(const AllAlertStats& stats);

}  // namespace weir::results
