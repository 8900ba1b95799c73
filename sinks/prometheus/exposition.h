// GET /metrics: what Prometheus scrapes. The KPIs of each scope's shortest and its 5-minute window,
// at the last end that all partitions have told, and Weir's own metrics.
//
// A window that ended more than kStaleUs ago is shown no more: traffic of yesterday is not a value
// of now. Thread-safe.
#pragma once

#include <functional>
#include <string>

#include "processors/core/result.h"
#include "processors/net/http_message.h"
#include "processors/runtime/probe.h"
#include "sinks/view/live_view.h"

namespace weir::prometheus {

/// Everything referred to outlives the exposition.
struct ExpositionParts {
  const view::LiveView& view;
  const runtime::Metrics& metrics;
  std::function<TimeUs()> clock;
  /// Of KPIs. A series has some 4 KiB in each window; scopes with fewer dimensions come first, and
  /// what finds no room is counted in `weir_prometheus_omitted_series`.
  std::size_t max_bytes = 32 << 20;
};

class Exposition {
 public:
  /// As long as Prometheus itself takes an old value for a current one.
  static constexpr DurationUs kStaleUs = 5 * kMinuteUs;

  explicit Exposition(ExpositionParts parts) : parts_(std::move(parts)) {}

  /// 500 where the log cannot be read.
  net::HttpResponse answer(const net::HttpRequest& request) const;
  /// Errors: the view's.
  Result<std::string> text() const;

 private:
  const ExpositionParts parts_;
};

}  // namespace weir::prometheus
