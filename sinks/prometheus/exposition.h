// GET /metrics: what Prometheus scrapes. The KPIs of each scope's shortest and its 5-minute window,
// at the last end that all partitions have told; objectives and alerts as they stand; how good the
// alerts of the last 30 days were; and Weir's own metrics.
//
// A window that ended more than kStaleUs ago is shown no more: traffic of yesterday is not a value
// of now. A ledger of an objective is shown until it is closed. Thread-safe, but for look().
#pragma once

#include <functional>
#include <mutex>
#include <string>

#include "processors/core/result.h"
#include "processors/net/http_message.h"
#include "processors/runtime/probe.h"
#include "sinks/results/alert_board.h"
#include "sinks/results/alert_stats.h"
#include "sinks/results/burn_board.h"
#include "sinks/view/live_view.h"

namespace weir::prometheus {

/// Everything referred to outlives the exposition.
struct ExpositionParts {
  const view::LiveView& view;
  const runtime::Reader& log;  // of objectives and alerts
  const runtime::Metrics& metrics;
  std::function<TimeUs()> clock;
  /// Of KPIs. A series has some 4 KiB in each window; scopes with fewer dimensions come first, and
  /// what finds no room is counted in `weir_prometheus_omitted_series`.
  std::size_t max_bytes = 32 << 20;
  /// Of objectives. A ledger has some 2 KiB; those with fewer dimensions come first, and what finds
  /// no room is counted in `weir_prometheus_omitted_ledgers`.
  std::size_t max_slo_bytes = 8 << 20;
};

class Exposition {
 public:
  /// As long as Prometheus itself takes an old value for a current one.
  static constexpr DurationUs kStaleUs = 5 * kMinuteUs;

  explicit Exposition(ExpositionParts parts) : parts_(std::move(parts)) {}

  /// Reads what was written of objectives and alerts since the last call; a page shows them as they
  /// were then, so that it never waits for the log. One thread. Errors: the log's; it can be called
  /// again.
  Result<void> look();

  /// 500 where the view cannot be read.
  net::HttpResponse answer(const net::HttpRequest& request) const;
  /// Errors: the view's.
  Result<std::string> text() const;

 private:
  /// What did not get on the page.
  struct LeftOut {
    TimeUs looked_us = 0;  // 0: not yet
    std::uint64_t series = 0;
    std::uint64_t ledgers = 0;
    std::int64_t unreadable_results = 0;
    std::int64_t unreadable_alerts = 0;
    std::int64_t unreadable_decisions = 0;
  };

  Result<std::string> kpi_text(LeftOut& left_out) const;
  std::string slo_text(LeftOut& left_out) const;

  const ExpositionParts parts_;
  results::BurnBoard ledgers_;  // of who looks, as is what follows
  results::AlertBoard alerts_;
  results::AlertStatsBoard stats_;
  mutable std::mutex mutex_;
  std::string slo_text_;  // guarded, and so is what follows: as of the last look
  LeftOut slo_left_out_;
};

}  // namespace weir::prometheus
