// The facts that the HTTP server reports.
#pragma once

#include <array>
#include <exception>
#include <string>
#include <string_view>

#include "processors/core/time.h"
#include "processors/runtime/probe.h"

namespace weir::net {

/// Of one route. Bytes are of bodies: as received (before decompression) and as sent. Files of the
/// page ("/" and names with an ending, as "/main.js") are counted together, as the route `page`.
struct RouteProbe {
  RouteProbe(runtime::Metrics& metrics, std::string_view method, std::string_view route);

  /// Counts one answer, `duration_us` after its request's head had been read.
  void answered(int status, std::size_t sent_bytes, DurationUs duration_us);
  /// Counts and logs that a handler threw: which kind, and not its text, which could quote the
  /// request.
  void failed(const std::exception& error);

  std::array<runtime::Counter*, 4> by_status_class;  // 2xx to 5xx
  runtime::Counter& received_bytes;
  runtime::Counter& sent_bytes;
  runtime::Counter& failures;
  runtime::DurationHistogram& duration;
  std::string name;  // "POST /v1/events"
};

struct HttpProbe {
  explicit HttpProbe(runtime::Metrics& metrics);

  RouteProbe route(std::string_view method, std::string_view path) const {
    return RouteProbe(metrics, method, path);
  }

  runtime::Metrics& metrics;
  runtime::Gauge& open_connections;
  runtime::Gauge& open_streams;
  runtime::Counter& accepted_connections;
  runtime::Counter& refused_connections;  // above max_connections
  runtime::Counter& queue_full;           // 429: no worker was free and no place to wait
  runtime::Counter& memory_full;          // 429: bodies took max_body_memory
  runtime::Counter& unauthorized;         // 401
  runtime::Counter& slow_streams;         // closed because the client did not keep up
};

}  // namespace weir::net
