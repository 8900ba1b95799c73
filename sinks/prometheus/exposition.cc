#include "sinks/prometheus/exposition.h"

#include <algorithm>

#include "sinks/prometheus/kpi_samples.h"

namespace weir::prometheus {
namespace {

using windows::Window;

constexpr DurationUs kLongerUs = 5 * kMinuteUs;

struct Shown {
  results::ScopeName scope;
  Window window;
};

/// Scopes with fewer dimensions first: they are fewer series, and more people look at them.
std::vector<Shown> shown_of(const results::Catalog& catalog) {
  std::vector<Shown> all;
  for (const auto& [scope, windows] : catalog.scopes()) {
    if (windows.empty()) continue;
    all.push_back({scope, *windows.begin()});
    const auto longer = std::ranges::find(windows, kLongerUs, &Window::length_us);
    if (longer != windows.end() && longer != windows.begin()) all.push_back({scope, *longer});
  }
  std::ranges::stable_sort(all, {}, [](const Shown& each) { return each.scope.size(); });
  return all;
}

}  // namespace

net::HttpResponse Exposition::answer(const net::HttpRequest&) const {
  auto exposed = text();
  if (!exposed) return net::error_response(500, exposed.error().message);
  return {.content_type = "text/plain; version=0.0.4; charset=utf-8", .body = *std::move(exposed)};
}

Result<std::string> Exposition::text() const {
  const TimeUs now = parts_.clock();
  KpiSamples samples(parts_.max_bytes);
  std::uint64_t omitted = 0;
  for (const auto& [scope, window] : shown_of(*parts_.view.catalog())) {
    const auto end = parts_.view.common_end(scope, window);
    if (!end) continue;
    samples.add_end(scope, window, *end);
    if (*end < now - kStaleUs) continue;
    WEIR_ASSIGN(const auto results, parts_.view.query({.scope = scope,
                                                       .window = windows::to_string(window),
                                                       .from_us = *end,
                                                       .to_us = *end}));
    WEIR_TRY(results.read([&](const results::KpiRow& row) {
      if (!samples.add(results, row)) ++omitted;
      return true;
    }));
  }
  return samples.text() +
         fmt::format(
             "# HELP weir_prometheus_omitted_series Series of a window left out of this "
             "page, which is full.\n"
             "# TYPE weir_prometheus_omitted_series gauge\n"
             "weir_prometheus_omitted_series {}\n",
             omitted) +
         parts_.metrics.expose();
}

}  // namespace weir::prometheus
