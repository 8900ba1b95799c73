#include "sinks/prometheus/slo_samples.h"

#include <algorithm>
#include <array>

#include "processors/core/time.h"

namespace weir::prometheus {
namespace {

constexpr double kPpb = 1e9;
constexpr std::string_view kService = "service";

constexpr std::size_t kObjective = 0;
constexpr std::size_t kRemaining = 1;
constexpr std::size_t kBurnRate = 2;
constexpr std::size_t kGood = 3;
constexpr std::size_t kEvents = 4;

const std::array<GaugeName, 5>& names() {
  static const std::array<GaugeName, 5> all = {{
      {"weir_slo_objective_ratio", "What is promised of good events among all."},
      {"weir_slo_budget_remaining_ratio", "What is left of the budget; below 0: overspent."},
      {"weir_slo_burn_rate", "How fast the budget burns; 1: it lasts exactly for its window."},
      {"weir_slo_good_events", "Good events in the objective's window."},
      {"weir_slo_events", "Events in the objective's window."},
  }};
  return all;
}

std::string labels_of(const v1::BurnResult& ledger) {
  std::string labels = fmt::format(R"(objective="{}")", escape_label(ledger.objective()));
  const auto add = [&labels](std::string_view name, std::string_view value) {
    labels += fmt::format(R"(,{}="{}")", name, escape_label(value));
  };
  // The dimension of that name says it of the ledger.
  if (!ledger.service().empty() && std::ranges::count(ledger.scope(), kService) == 0)
    add(kService, ledger.service());
  for (int i = 0; i < std::min(ledger.scope_size(), ledger.series_size()); ++i)
    add(ledger.scope(i), ledger.series(i));
  if (ledger.overflow()) add("partition", fmt::format("{}", ledger.as_of_partition()));
  return labels;
}

}  // namespace

SloSamples::SloSamples(std::size_t max_bytes) : max_bytes_(max_bytes), gauges_(names()) {}

bool SloSamples::add(const v1::BurnResult& ledger) {
  if (gauges_.bytes() >= max_bytes_) return false;
  const std::string labels = labels_of(ledger);
  const v1::Budget& budget = ledger.budget();
  gauges_.add(kObjective, labels, static_cast<double>(ledger.target_ppb()) / kPpb);
  if (budget.has_spent_ratio()) gauges_.add(kRemaining, labels, 1 - budget.spent_ratio());
  for (const v1::BurnWindow& window : ledger.window())
    if (window.has_burn_rate())
      gauges_.add(kBurnRate,
                  fmt::format(R"({},window="{}")", labels, format_duration(window.length_us())),
                  window.burn_rate());
  // Where shares of slices are counted, the unit of counts is a billionth.
  const double unit = ledger.method() == v1::BUDGETING_METHOD_RATIO_TIMESLICES ? kPpb : 1;
  gauges_.add(kGood, labels, static_cast<double>(budget.good()) / unit);
  gauges_.add(kEvents, labels, static_cast<double>(budget.total()) / unit);
  return true;
}

}  // namespace weir::prometheus
