#include "sinks/prometheus/kpi_samples.h"

#include <algorithm>
#include <array>
#include <cassert>

#include "sinks/results/kpi_json.h"

namespace weir::prometheus {
namespace {

using results::Json;

constexpr double kUsPerSecond = 1e6;

struct Named {
  std::string_view name;
  std::string_view help;
};

constexpr std::array kDistributions = {
    Named{"latency", "Latency"},
    Named{"ttft", "Time to the first token"},
    Named{"tpot", "Time per output token"},
    Named{"queue", "Time in the queue"},
    Named{"compute", "Time of computing"},
    Named{"network", "Time in the network"},
    Named{"cold_start", "Time of cold starts"},
};
constexpr std::array kStatistics = {
    Named{"count", "requests that told it"}, Named{"mean", "mean"},
    Named{"p50", "50th percentile"},         Named{"p90", "90th percentile"},
    Named{"p95", "95th percentile"},         Named{"p99", "99th percentile"},
    Named{"p999", "99.9th percentile"},      Named{"max", "greatest"},
    Named{"tail_ratio", "P99 by P50"},
};
constexpr std::array kPlain = {
    Named{"requests", "Requests in the window."},
    Named{"rated", "Requests that the success ratio counts."},
    Named{"success_ratio", "Requests that went well among those rated."},
    Named{"requests_per_second", "Requests by the length of the window."},
    Named{"peak_requests_per_second", "Requests in the busiest second."},
    Named{"input_tokens", "Tokens of prompts."},
    Named{"output_tokens", "Tokens of answers."},
    Named{"cached_tokens", "Tokens of prompts that came from a cache."},
    Named{"tokens_per_second", "Tokens of prompts and answers by the length of the window."},
    Named{"cold_starts", "Requests that met a cold start, of those that say."},
    Named{"retries", "Repetitions that requests needed."},
    Named{"low_confidence_ratio", "Answers of low confidence among those that say."},
    Named{"abnormal_input_ratio", "Abnormal inputs among those that say."},
    Named{"distinct_users", "Distinct users, estimated."},
    Named{"distinct_tenants", "Distinct tenants, estimated."},
};

template <std::size_t N>
std::string_view help_of(const std::array<Named, N>& table, std::string_view name) {
  const auto found = std::ranges::find(table, name, &Named::name);
  assert(found != table.end());
  return found->help;
}

/// What becomes of one scalar of weir.v1.KpiValues.
struct Target {
  std::string scalar;
  std::size_t metric = 0;
  std::string label;   // behind the row's own
  double divisor = 1;  // to the base unit
};

/// Every metric, and every scalar in the order of the proto.
struct Plan {
  std::vector<GaugeName> metrics;
  std::vector<Target> targets;
};

GaugeName metric_of_duration(std::string_view duration, std::string_view statistic) {
  const std::string_view suffix = statistic == "count"        ? "observations"
                                  : statistic == "tail_ratio" ? statistic
                                                              : std::string_view();
  return {.name = suffix.empty() ? fmt::format("weir_kpi_{}_{}_seconds", duration, statistic)
                                 : fmt::format("weir_kpi_{}_{}", duration, suffix),
          .help = fmt::format("{}, {}.", help_of(kDistributions, duration),
                              help_of(kStatistics, statistic))};
}

void add_target(Plan& plan, std::string_view scalar) {
  constexpr std::string_view kUnit = "_us";
  Target target{.scalar = std::string(scalar)};
  GaugeName metric;
  const std::size_t dot = scalar.find('.');
  const std::string_view head = scalar.substr(0, dot);
  if (dot == std::string_view::npos) {
    metric = {fmt::format("weir_kpi_{}", scalar), std::string(help_of(kPlain, scalar))};
    if (scalar == "rated") metric.name += "_requests";
  } else if (head.ends_with(kUnit)) {
    metric = metric_of_duration(head.substr(0, head.size() - kUnit.size()), scalar.substr(dot + 1));
    if (metric.name.ends_with("_seconds")) target.divisor = kUsPerSecond;
  } else {
    metric = {fmt::format("weir_kpi_{}_requests", head), "Requests in the window, by status."};
    target.label = fmt::format(R"(,{}="{}")", head, scalar.substr(dot + 1));
  }
  if (plan.metrics.back().name != metric.name) plan.metrics.push_back(std::move(metric));
  target.metric = plan.metrics.size() - 1;
  plan.targets.push_back(std::move(target));
}

constexpr std::size_t kEnd = 0;
constexpr std::size_t kComplete = 1;

const Plan& plan() {
  static const Plan made = [] {
    Plan all{.metrics = {{"weir_kpi_window_end_timestamp_seconds",
                          "When the windows end that the gauges of this scope are of."},
                         {"weir_kpi_complete",
                          "Whether no partition of raw events was left out of the window."}},
             .targets = {}};
    results::for_each_scalar(
        v1::KpiValues(), [&](const std::string& scalar, const Json&) { add_target(all, scalar); });
    return all;
  }();
  return made;
}

std::string labels_of(const results::ScopeName& scope, const windows::Window& window) {
  return fmt::format(R"(scope="{}",window="{}")", results::scope_text(scope),
                     windows::to_string(window));
}

}  // namespace

std::vector<std::string> kpi_metric_names() {
  std::vector<std::string> names;
  for (const GaugeName& metric : plan().metrics) names.push_back(metric.name);
  return names;
}

KpiSamples::KpiSamples(std::size_t max_bytes) : max_bytes_(max_bytes), gauges_(plan().metrics) {}

void KpiSamples::add_end(const results::ScopeName& scope, const windows::Window& window,
                         TimeUs end_us) {
  gauges_.add(kEnd, labels_of(scope, window), static_cast<double>(end_us) / kUsPerSecond);
}

bool KpiSamples::add(const results::KpiResults& results, const results::KpiRow& row) {
  if (gauges_.bytes() >= max_bytes_) return false;
  std::string labels = labels_of(results.scope(), results.window());
  for (std::size_t i = 0; i < results.scope().size(); ++i)
    labels += fmt::format(R"(,{}="{}")", results.scope()[i], escape_label(row.series[i]));
  gauges_.add(kComplete, labels, row.window.complete() ? 1 : 0);
  auto target = plan().targets.begin();
  results::for_each_scalar(row.window.value(), [&](const std::string&, const Json& value) {
    const Target& to = *target++;
    if (!value.is_null())
      gauges_.add(to.metric, labels + to.label, value.get<double>() / to.divisor);
  });
  return true;
}

}  // namespace weir::prometheus
