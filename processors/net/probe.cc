#include "processors/net/probe.h"

#include <algorithm>
#include <string>
#include <typeinfo>

#include <fmt/format.h>
#include <spdlog/spdlog.h>

namespace weir::net {
namespace {

using Labels = runtime::Metrics::Labels;

/// Files are one route, however many there are: a name has an ending, and "/" is the first of them.
std::string_view label_of(std::string_view route) {
  const std::string_view name = route.substr(route.rfind('/') + 1);
  return route == "/" || name.contains('.') ? "page" : route;
}

Labels labels_of(std::string_view method, std::string_view route) {
  return {{"method", std::string(method)}, {"route", std::string(label_of(route))}};
}

std::array<runtime::Counter*, 4> status_counters(runtime::Metrics& metrics, Labels labels) {
  std::array<runtime::Counter*, 4> counters{};
  for (std::size_t i = 0; i < counters.size(); ++i) {
    labels["status"] = std::to_string(i + 2) + "xx";
    counters[i] =
        &metrics.counter("weir_http_requests_total", "Requests answered, by route.", labels);
  }
  return counters;
}

}  // namespace

RouteProbe::RouteProbe(runtime::Metrics& metrics, std::string_view method, std::string_view route)
    : by_status_class(status_counters(metrics, labels_of(method, route))),
      received_bytes(metrics.counter("weir_http_received_bytes_total",
                                     "Bytes of request bodies, as received.",
                                     labels_of(method, route))),
      sent_bytes(metrics.counter("weir_http_sent_bytes_total", "Bytes of response bodies.",
                                 labels_of(method, route))),
      failures(metrics.counter("weir_http_handler_failures_total",
                               "Requests whose handling threw: a fault of Weir.",
                               labels_of(method, route))),
      duration(metrics.duration("weir_http_request_duration_seconds",
                                "Time from a request's head to its answer.",
                                labels_of(method, route))),
      name(fmt::format("{} {}", method, route)) {}

void RouteProbe::answered(int status, std::size_t sent, DurationUs duration_us) {
  const int status_class = std::clamp(status / 100, 2, 5);
  by_status_class[static_cast<std::size_t>(status_class) - 2]->add();
  sent_bytes.add(sent);
  duration.observe(duration_us);
}

void RouteProbe::failed(const std::exception& error) {
  failures.add();
  spdlog::error("event=handler_failed route={:?} exception={}", name, typeid(error).name());
}

HttpProbe::HttpProbe(runtime::Metrics& registry)
    : metrics(registry),
      open_connections(registry.gauge("weir_http_open_connections", "Connections open now.")),
      open_streams(registry.gauge("weir_http_open_streams", "Event streams open now.")),
      accepted_connections(
          registry.counter("weir_http_accepted_connections_total", "Connections accepted.")),
      refused_connections(registry.counter("weir_http_refused_connections_total",
                                           "Connections refused above max_connections.")),
      queue_full(
          registry.counter("weir_http_queue_full_total",
                           "Requests refused because all workers and the queue were taken.")),
      memory_full(registry.counter("weir_http_body_memory_full_total",
                                   "Requests refused because bodies took all their memory.")),
      unauthorized(registry.counter("weir_http_unauthorized_total",
                                    "Requests refused for want of the right token.")),
      slow_streams(registry.counter("weir_http_slow_streams_total",
                                    "Event streams closed because the client did not keep up.")) {}

}  // namespace weir::net
