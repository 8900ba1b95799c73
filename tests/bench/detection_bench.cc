// How well the default policy wakes people: an objective of 99.9 % over 30 days, judged pane by
// pane by the real slo, over simulated weeks whose incidents are known. The only time that is
// measured is simulated, where a name says `seconds`.
//
// `incident/percent:P/hours:H`: 30 to 200 incidents, one at a time, each spending P to 2 P percent
// of the budget in H hours, on 20 requests a second by day and 4 by night; otherwise the service
// spends 10 to 80 % of its budget. Caught: a page (a ticket, for 72 hours) between its beginning
// and ten minutes after its end. `quiet`: the same without incidents. `low`: half a request a
// minute, with the guard of low traffic and without it. A page is false where no incident is.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <cmath>
#include <numbers>
#include <optional>
#include <random>

#include <fmt/format.h>

#include "processors/objectives/policy.h"
#include "tests/bench/slo_feed.h"

namespace weir::slo {
namespace {

constexpr std::int64_t kTargetPpb = 999'000'000;
constexpr double kBudget = 0.001;
constexpr DurationUs kWindowUs = 30 * kDayUs;
constexpr std::int64_t kPanesADay = kDayUs / objectives::kPaneUs;
constexpr std::int64_t kGracePanes = 10 * kMinuteUs / objectives::kPaneUs;

v1::Objectives objective_with(const objectives::LowTraffic& low_traffic) {
  v1::Objectives message;
  v1::ObjectiveDefinition& definition = *message.add_objective();
  definition.set_name("availability");
  definition.set_service("chat");
  definition.set_good("status == ok");
  definition.set_target_ppb(kTargetPpb);
  definition.set_method(v1::BUDGETING_METHOD_OCCURRENCES);
  definition.set_window_us(kWindowUs);
  for (const auto& condition : objectives::default_conditions(kWindowUs, low_traffic))
    *definition.add_condition() = condition;
  return message;
}

/// A service, pane by pane.
class Service {
 public:
  Service(double requests_a_second, const objectives::LowTraffic& low_traffic)
      : rate_(requests_a_second), feed_(objective_with(low_traffic), {}) {}

  /// A pane in which an incident fails so many of all requests (0: there is none). Returns the
  /// severities of what began to fire.
  std::vector<std::string> next(double incident_ratio) {
    if (pane_ % kPanesADay == 0)
      background_ = kBudget * std::uniform_real_distribution(0.1, 0.8)(random_);
    const double day = static_cast<double>(pane_ % kPanesADay) / static_cast<double>(kPanesADay);
    const double shape = 0.6 - 0.4 * std::cos(2 * std::numbers::pi * day);
    const auto total = std::poisson_distribution<std::int64_t>(rate_ * shape * 10)(random_);
    const double ratio = std::min(1.0, background_ + incident_ratio);
    const auto bad = std::binomial_distribution<std::int64_t>(total, ratio)(random_);
    std::vector<PaneCounts> counts;
    if (total > 0) counts.push_back({.good = total - bad, .bad = bad});
    feed_.say(pane_++, counts);
    feed_.step();
    std::vector<std::string> severities;
    for (const v1::ConditionChange& change : feed_.changes())
      if (change.state() == v1::CONDITION_STATE_FIRING && change.condition() != kSilent)
        severities.push_back(change.severity());
    return severities;
  }

  double uniform(double low, double high) {
    return std::uniform_real_distribution(low, high)(random_);
  }

 private:
  const double rate_;
  Feed feed_;
  std::mt19937_64 random_{20261130};
  std::int64_t pane_ = 0;
  double background_ = 0;
};

double share(std::int64_t part, std::int64_t of) {
  return static_cast<double>(part) / static_cast<double>(of);
}

void incident(benchmark::State& state) {
  const double share_spent = static_cast<double>(state.range(0)) / 100;
  const std::int64_t length = state.range(1) * kHourUs / objectives::kPaneUs;
  const std::int64_t incidents = std::clamp<std::int64_t>(400 / state.range(1), 30, 200);
  const std::string wanted = state.range(1) > 24 ? "ticket" : "page";
  std::vector<double> detected_after_s;
  for (auto _ : state) {
    Service service(20, {});
    for (std::int64_t nth = 0; nth < incidents; ++nth) {
      const auto calm = static_cast<std::int64_t>(service.uniform(1, 2) * kPanesADay) + length;
      for (std::int64_t pane = 0; pane < calm; ++pane) service.next(0);
      // So much of the budget of the whole window, in the incident's length of it.
      const double burn = share_spent * service.uniform(1, 2) * static_cast<double>(kWindowUs) /
                          static_cast<double>(length * objectives::kPaneUs);
      std::optional<std::int64_t> fired;
      for (std::int64_t pane = 0; pane < length + kGracePanes; ++pane) {
        const auto severities = service.next(pane < length ? burn * kBudget : 0);
        if (!fired && std::ranges::count(severities, wanted) > 0) fired = pane + 1;
      }
      if (fired) detected_after_s.push_back(static_cast<double>(*fired) * 10);
    }
  }
  std::ranges::sort(detected_after_s);
  const auto at = [&](double quantile) {
    if (detected_after_s.empty()) return std::nan("");
    return detected_after_s[static_cast<std::size_t>(
        quantile * static_cast<double>(detected_after_s.size() - 1))];
  };
  state.counters["caught_ratio"] = share(std::ssize(detected_after_s), incidents);
  state.counters["p50_seconds"] = at(0.5);
  state.counters["p95_seconds"] = at(0.95);
}
BENCHMARK(incident)
    ->ArgNames({"percent", "hours"})
    ->Args({2, 1})
    ->Args({5, 6})
    ->Args({10, 72})
    ->Iterations(1)
    ->Unit(benchmark::kSecond);

std::int64_t pages_in(Service& service, std::int64_t weeks) {
  std::int64_t pages = 0;
  for (std::int64_t pane = 0; pane < weeks * 7 * kPanesADay; ++pane)
    pages += std::ranges::count(service.next(0), "page");
  return pages;
}

void quiet(benchmark::State& state) {
  std::int64_t pages = 0;
  for (auto _ : state) {
    Service service(20, {});
    pages = pages_in(service, state.range(0));
  }
  state.counters["false_pages_a_week"] = share(pages, state.range(0));
}
BENCHMARK(quiet)->ArgName("weeks")->Arg(26)->Iterations(1)->Unit(benchmark::kSecond);

void low(benchmark::State& state) {
  std::int64_t guarded = 0;
  std::int64_t unguarded = 0;
  for (auto _ : state) {
    Service with(0.5 / 60, {});
    Service without(0.5 / 60, {.level_ppb = 0, .min_events = 0});
    guarded = pages_in(with, state.range(0));
    unguarded = pages_in(without, state.range(0));
  }
  state.counters["false_pages_a_week"] = share(guarded, state.range(0));
  state.counters["unguarded_false_pages_a_week"] = share(unguarded, state.range(0));
  state.counters["removed_ratio"] = 1 - share(guarded, unguarded);
}
BENCHMARK(low)->ArgName("weeks")->Arg(52)->Iterations(1)->Unit(benchmark::kSecond);

}  // namespace
}  // namespace weir::slo

BENCHMARK_MAIN();
