#include "sinks/prometheus/exposition.h"

#include <algorithm>
#include <array>
#include <mutex>

#include "sinks/prometheus/alert_samples.h"
#include "sinks/prometheus/kpi_samples.h"
#include "sinks/prometheus/slo_samples.h"
#include "sinks/results/burn_results.h"

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

/// For the same reasons.
std::vector<const v1::BurnResult*> shown_of(const results::BurnBoard& board) {
  std::vector<const v1::BurnResult*> all;
  for (const auto& [name, ledger] : board.ledgers()) all.push_back(&ledger);
  std::ranges::stable_sort(all, {}, [](const v1::BurnResult* each) { return each->scope_size(); });
  return all;
}

const std::array<GaugeName, 4>& names_of_left_out() {
  static const std::array<GaugeName, 4> all = {{
      {"weir_prometheus_omitted_series",
       "Series of a window left out of this page, which is full."},
      {"weir_prometheus_omitted_ledgers",
       "Ledgers of objectives left out of this page, which is full."},
      {"weir_prometheus_unreadable_records",
       "Records left out of this page, as they cannot be read."},
      {"weir_prometheus_looked_timestamp_seconds",
       "When objectives and alerts were read last, since the epoch; absent: not yet."},
  }};
  return all;
}

}  // namespace

Result<void> Exposition::look() {
  WEIR_TRY(ledgers_.update(parts_.log));
  WEIR_TRY(alerts_.update(parts_.log));
  WEIR_TRY(stats_.update(parts_.log));
  LeftOut left_out;
  std::string text = slo_text(left_out);
  left_out.looked_us = parts_.clock();
  const std::lock_guard lock(mutex_);
  slo_text_ = std::move(text);
  slo_left_out_ = left_out;
  return {};
}

net::HttpResponse Exposition::answer(const net::HttpRequest&) const {
  auto exposed = text();
  if (!exposed) return net::error_response(500, exposed.error().message);
  return {.content_type = "text/plain; version=0.0.4; charset=utf-8", .body = *std::move(exposed)};
}

Result<std::string> Exposition::text() const {
  std::string of_objectives;
  LeftOut left_out;
  {
    const std::lock_guard lock(mutex_);
    of_objectives = slo_text_;
    left_out = slo_left_out_;
  }
  WEIR_ASSIGN(std::string text, kpi_text(left_out));
  text += of_objectives;
  Gauges of_page(names_of_left_out());
  of_page.add(0, "", static_cast<double>(left_out.series));
  of_page.add(1, "", static_cast<double>(left_out.ledgers));
  of_page.add(2, fmt::format(R"(topic="{}")", results::kBurnTopic),
              static_cast<double>(left_out.unreadable_results));
  of_page.add(2, fmt::format(R"(topic="{}")", results::kAlertTopic),
              static_cast<double>(left_out.unreadable_alerts));
  of_page.add(2, fmt::format(R"(topic="{}")", results::kDecisionTopic),
              static_cast<double>(left_out.unreadable_decisions));
  if (left_out.looked_us != 0)
    of_page.add(3, "", static_cast<double>(left_out.looked_us) / static_cast<double>(kSecondUs));
  text += of_page.text();
  text += parts_.metrics.expose();
  return text;
}

Result<std::string> Exposition::kpi_text(LeftOut& left_out) const {
  const TimeUs now = parts_.clock();
  KpiSamples samples(parts_.max_bytes);
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
      if (!samples.add(results, row)) ++left_out.series;
      return true;
    }));
  }
  return samples.text();
}

std::string Exposition::slo_text(LeftOut& left_out) const {
  SloSamples samples(parts_.max_slo_bytes);
  for (const v1::BurnResult* ledger : shown_of(ledgers_))
    if (!samples.add(*ledger)) ++left_out.ledgers;
  left_out.unreadable_results = ledgers_.unreadable().records;
  left_out.unreadable_alerts = alerts_.unreadable().records;
  left_out.unreadable_decisions = stats_.unreadable().records;
  return samples.text() + alert_text(alerts_.alerts()) + alert_stats_text(stats_.stats());
}

}  // namespace weir::prometheus
