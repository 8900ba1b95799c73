#include "tests/sim/check.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace weir::sim {
namespace {

constexpr std::size_t kMostLines = 12;

/// What was told of one window of one series, by end. Overflow series are one a partition.
struct Told {
  const v1::WindowResult* window = nullptr;
};
using SeriesKey = std::tuple<int, std::vector<std::string>, int, std::int32_t>;

class Checker {
 public:
  Checker(const Scenario& scenario, const Oracle& oracle, const Outcome& outcome)
      : scenario_(scenario), oracle_(oracle), outcome_(outcome) {}

  std::string run() {
    check_dead();
    for (std::size_t partition = 0; partition < outcome_.results.size(); ++partition)
      for (const v1::KpiResult& result : outcome_.results[partition])
        take(static_cast<std::int32_t>(partition), result);
    // What a stalled partition lost for good is counted, and cannot be expected.
    if (outcome_.lost_events == 0) check_values();
    return fmt::format("{}", fmt::join(lines_, "\n"));
  }

 private:
  template <class... Args>
  void wrong(fmt::format_string<Args...> text, Args&&... args) {
    if (lines_.size() < kMostLines)
      lines_.push_back(fmt::format(text, std::forward<Args>(args)...));
  }

  void check_dead() {
    const auto report = [this](const auto& some, const auto& others, std::string_view what) {
      std::vector<DeadKey> extra;
      std::ranges::set_difference(some, others, std::back_inserter(extra));
      for (const auto& [partition, offset, index, reason] : extra)
        wrong("dead letter {}: partition {} offset {} event {} reason {}", what, partition, offset,
              index, reason);
    };
    report(outcome_.dead, oracle_.dead(), "too many");
    report(oracle_.dead(), outcome_.dead, "missing");
  }

  int scope_of(const v1::KpiResult& result) const {
    for (int s = 0; s < scenario_.definitions.scope_size(); ++s)
      if (std::ranges::equal(scenario_.definitions.scope(s).dimension(), result.scope())) return s;
    return -1;
  }

  int window_of(int scope, const v1::WindowResult& told) const {
    const auto& windows = scenario_.definitions.scope(scope).window();
    for (int w = 0; w < windows.size(); ++w)
      if (windows[w].length_us() == told.length_us() && windows[w].hop_us() == told.hop_us())
        return w;
    return -1;
  }

  void take(std::int32_t partition, const v1::KpiResult& result) {
    const int scope = scope_of(result);
    if (scope < 0) return wrong("a result of an unknown scope");
    const std::vector<std::string> series(result.series().begin(), result.series().end());
    for (const v1::WindowResult& told : result.window()) {
      const int window = window_of(scope, told);
      if (window < 0) return wrong("a result of an unknown window");
      const SeriesKey key{scope, series, window, result.overflow() ? partition : -1};
      Told& last = told_[key][result.end_time_us()];
      const std::string where = name(key, result.end_time_us());
      if (last.window != nullptr && !result.restates()) wrong("{}: told twice", where);
      if (result.restates()) check_restatement(where, told, last);
      if (!scenario_.stalls && !told.complete()) wrong("{}: incomplete without a stall", where);
      last.window = &told;
    }
  }

  void check_restatement(const std::string& where, const v1::WindowResult& told, const Told& last) {
    const v1::KpiValues& old = told.restated();
    // A window whose content did not change was not told: then an earlier end's value was carried.
    if (last.window != nullptr &&
        old.SerializeAsString() != last.window->value().SerializeAsString())
      wrong("{}: restates {} where {} was told", where, old.ShortDebugString(),
            last.window->value().ShortDebugString());
    if (told.value().requests() != old.requests() + told.difference().requests() ||
        told.value().input_tokens() != old.input_tokens() + told.difference().input_tokens() ||
        told.value().status().ok() != old.status().ok() + told.difference().status().ok())
      wrong("{}: value is not restated + difference", where);
  }

  std::string name(const SeriesKey& key, TimeUs end) const {
    const auto& [scope, series, window, partition] = key;
    const v1::ScopeDefinition& definition = scenario_.definitions.scope(scope);
    return fmt::format("[{}]={} {}/{} at {}", fmt::join(definition.dimension(), ","),
                       fmt::join(series, ","),
                       format_duration(definition.window(window).length_us()),
                       format_duration(definition.window(window).hop_us()), format_rfc3339(end));
  }

  TimeUs last_end(DurationUs hop) const {
    if (!scenario_.history) return floor_div(outcome_.watermark, hop) * hop;
    return align_up(oracle_.greatest_event_time() + 1, hop);
  }

  const v1::WindowResult* carried(const SeriesKey& key, TimeUs end) const {
    const auto series = told_.find(key);
    if (series == told_.end()) return nullptr;
    auto after = series->second.upper_bound(end);
    return after == series->second.begin() ? nullptr : std::prev(after)->second.window;
  }

  void check_values() {
    const bool capped =
        std::ranges::any_of(told_, [](const auto& each) { return std::get<3>(each.first) >= 0; });
    if (oracle_.greatest_event_time() == kMinTime) return;
    if (capped) return check_sums();
    std::set<SeriesKey> keys;
    for (const auto& [key, exact] : oracle_.windows())
      keys.emplace(std::get<0>(key), std::get<1>(key), std::get<2>(key), -1);
    for (const auto& [key, ends] : told_) keys.insert(key);
    for (const SeriesKey& key : keys) {
      const auto& [scope, series, window, partition] = key;
      const v1::WindowDefinition& definition = scenario_.definitions.scope(scope).window(window);
      const DurationUs hop = definition.hop_us();
      const TimeUs last = last_end(hop);
      for (TimeUs end = first_end(key, hop); end <= last; end += hop) {
        const auto exact = oracle_.windows().find({scope, series, window, end});
        compare(key, end, exact == oracle_.windows().end() ? Exact{} : exact->second,
                carried(key, end));
      }
      const auto told = told_.find(key);
      if (told != told_.end() && told->second.rbegin()->first > last)
        wrong("{}: told beyond the end", name(key, told->second.rbegin()->first));
    }
  }

  TimeUs first_end(const SeriesKey& key, DurationUs hop) const {
    const auto& [scope, series, window, partition] = key;
    TimeUs first = kMaxTime;
    const auto exact = oracle_.windows().lower_bound({scope, series, window, kMinTime});
    if (exact != oracle_.windows().end() && std::get<0>(exact->first) == scope &&
        std::get<1>(exact->first) == series && std::get<2>(exact->first) == window)
      first = std::get<3>(exact->first);
    const auto told = told_.find(key);
    if (told != told_.end()) first = std::min(first, told->second.begin()->first);
    return floor_div(first, hop) * hop;
  }

  /// Above the cap only totals can be known: what is kept apart and `__other__` add up to everything.
  void check_sums() {
    for (int scope = 0; scope < scenario_.definitions.scope_size(); ++scope) {
      const auto& windows = scenario_.definitions.scope(scope).window();
      for (int window = 0; window < windows.size(); ++window) {
        std::map<TimeUs, std::int64_t> expected;
        for (const auto& [key, exact] : oracle_.windows())
          if (std::get<0>(key) == scope && std::get<2>(key) == window)
            expected[std::get<3>(key)] += exact.requests;
        for (const auto& [end, requests] : expected) {
          if (end > last_end(windows[window].hop_us())) continue;
          std::int64_t told = 0;
          bool complete = true;
          for (const auto& [key, ends] : told_) {
            if (std::get<0>(key) != scope || std::get<2>(key) != window) continue;
            const v1::WindowResult* value = carried(key, end);
            if (value == nullptr) continue;
            complete = complete && value->complete();
            told += value->value().requests();
          }
          if (complete && told != requests)
            wrong("scope {} window {} at {}: {} requests in all series, {} expected", scope, window,
                  format_rfc3339(end), told, requests);
        }
      }
    }
  }

  void compare(const SeriesKey& key, TimeUs end, const Exact& exact, const v1::WindowResult* told) {
    static const v1::KpiValues nothing;
    if (told != nullptr && !told->complete()) return;
    const v1::KpiValues& value = told == nullptr ? nothing : told->value();
    const DurationUs length =
        scenario_.definitions.scope(std::get<0>(key)).window(std::get<2>(key)).length_us();
    const std::string expected = render(exact, length);
    const std::string found = render(value);
    if (expected != found)
      wrong("{}:\n  expected {}\n  told     {}", name(key, end), expected, found);
    const auto& sketched = scenario_.definitions.scope(std::get<0>(key)).sketch();
    check_quantiles(name(key, end), value.latency_us(), exact.latency_us,
                    std::ranges::count(sketched, "latency") != 0);
    check_quantiles(name(key, end), value.ttft_us(), exact.ttft_us,
                    std::ranges::count(sketched, "ttft") != 0);
  }

  static std::string sums(std::int64_t count, double mean, std::int64_t max) {
    return count == 0 ? "-" : fmt::format("{}:{:.6g}:{}", count, mean, max);
  }
  static std::string sums(const std::vector<std::int64_t>& values) {
    if (values.empty()) return "-";
    double sum = 0;
    for (const std::int64_t value : values) sum += static_cast<double>(value);
    return sums(static_cast<std::int64_t>(values.size()), sum / static_cast<double>(values.size()),
                *std::ranges::max_element(values));
  }

  static std::string optional(bool has, std::int64_t value) {
    return has ? std::to_string(value) : "-";
  }

  static std::string render(const v1::KpiValues& v) {
    const v1::StatusCounts& s = v.status();
    return fmt::format(
        "n={} status={},{},{},{},{},{},{},{},{},{},{} ratio={} latency={} ttft={} in={} out={} "
        "retries={} rps={:.6g} peak={}",
        v.requests(), s.ok(), s.client_error(), s.server_error(), s.timeout(), s.oom(),
        s.dependency(), s.model_load(), s.rejected(), s.cancelled(), s.other(), s.absent(),
        v.has_success_ratio() ? fmt::format("{:.9g}", v.success_ratio()) : "-",
        sums(v.latency_us().count(), v.latency_us().mean(), v.latency_us().max()),
        sums(v.ttft_us().count(), v.ttft_us().mean(), v.ttft_us().max()),
        optional(v.has_input_tokens(), v.input_tokens()),
        optional(v.has_output_tokens(), v.output_tokens()), optional(v.has_retries(), v.retries()),
        v.requests_per_second(), v.peak_requests_per_second());
  }

  static std::string render(const Exact& e, DurationUs length) {
    const auto status = [&e](int of) { return e.status.contains(of) ? e.status.at(of) : 0; };
    const std::int64_t rated = e.requests - status(0) - status(2);
    std::int64_t peak = 0;
    for (const auto& [second, count] : e.per_second) peak = std::max(peak, count);
    return fmt::format(
        "n={} status={},{},{},{},{},{},{},{},{},{},{} ratio={} latency={} ttft={} in={} out={} "
        "retries={} rps={:.6g} peak={}",
        e.requests, status(1), status(2), status(3), status(4), status(5), status(6), status(7),
        status(8), status(9), status(10), status(0),
        rated == 0
            ? "-"
            : fmt::format("{:.9g}", static_cast<double>(status(1)) / static_cast<double>(rated)),
        sums(e.latency_us), sums(e.ttft_us),
        optional(e.input_tokens.has_value(), e.input_tokens.value_or(0)),
        optional(e.output_tokens.has_value(), e.output_tokens.value_or(0)),
        optional(e.retries.has_value(), e.retries.value_or(0)),
        static_cast<double>(e.requests) * 1e6 / static_cast<double>(length), peak);
  }

  void check_quantiles(const std::string& where, const v1::Distribution& told,
                       std::vector<std::int64_t> values, bool sketched) {
    if (values.empty()) return;
    if (!sketched) {
      if (told.has_p50()) wrong("{}: a quantile without a sketch", where);
      return;
    }
    std::ranges::sort(values);
    const auto check = [&](std::string_view which, std::int64_t per_mille, std::int64_t found) {
      const auto count = static_cast<std::int64_t>(values.size());
      const std::int64_t rank = std::max<std::int64_t>(1, (count * per_mille + 999) / 1000);
      const auto exact = static_cast<double>(values[static_cast<std::size_t>(rank - 1)]);
      if (std::abs(static_cast<double>(found) - exact) > 0.01 * exact + 0.5)
        wrong("{}: {} is {}, exactly {}", where, which, found, exact);
    };
    check("p50", 500, told.p50());
    check("p90", 900, told.p90());
    check("p99", 990, told.p99());
    check("p999", 999, told.p999());
  }

  const Scenario& scenario_;
  const Oracle& oracle_;
  const Outcome& outcome_;
  std::map<SeriesKey, std::map<TimeUs, Told>> told_;
  std::vector<std::string> lines_;
};

}  // namespace

std::string differences(const Scenario& scenario, const Oracle& oracle, const Outcome& outcome) {
  return Checker(scenario, oracle, outcome).run();
}

}  // namespace weir::sim
