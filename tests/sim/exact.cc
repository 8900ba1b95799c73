#include "tests/sim/exact.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace weir::sim {
namespace {

using Values = std::vector<std::int64_t>;

void add(std::optional<std::int64_t>& sum, bool told, std::int64_t value) {
  if (told) sum = sum.value_or(0) + value;
}

std::string optional(bool has, std::int64_t value) { return has ? std::to_string(value) : "-"; }
std::string optional(const std::optional<std::int64_t>& sum) {
  return optional(sum.has_value(), sum.value_or(0));
}
std::string optional(bool has, double value) { return has ? fmt::format("{:.9g}", value) : "-"; }

std::string share(const std::array<std::int64_t, 2>& counts) {
  const std::int64_t known = counts[0] + counts[1];
  return optional(known != 0, static_cast<double>(counts[1]) / static_cast<double>(known));
}

std::string sums(std::int64_t count, double mean, std::int64_t max) {
  return count == 0 ? "-" : fmt::format("{}:{:.9g}:{}", count, mean, max);
}
std::string sums(const Values& values) {
  if (values.empty()) return "-";
  const auto sum =
      static_cast<double>(std::accumulate(values.begin(), values.end(), std::int64_t{}));
  return sums(static_cast<std::int64_t>(values.size()), sum / static_cast<double>(values.size()),
              *std::ranges::max_element(values));
}
std::string sums(const v1::Distribution& told) {
  return sums(told.count(), told.mean(), told.max());
}

const v1::Distribution& distribution(const v1::KpiValues& told, const std::string& duration) {
  if (duration == "latency") return told.latency_us();
  if (duration == "ttft") return told.ttft_us();
  if (duration == "tpot") return told.tpot_us();
  if (duration == "queue") return told.queue_us();
  if (duration == "compute") return told.compute_us();
  return told.network_us();
}

const std::array<std::string, 6> kDurations = {"latency", "ttft",    "tpot",
                                               "queue",   "compute", "network"};

std::string render(const v1::KpiValues& v) {
  const v1::StatusCounts& s = v.status();
  std::string text =
      fmt::format("n={} status={},{},{},{},{},{},{},{},{},{},{} rated={} ok={}", v.requests(),
                  s.absent(), s.ok(), s.client_error(), s.server_error(), s.timeout(), s.oom(),
                  s.dependency(), s.model_load(), s.rejected(), s.cancelled(), s.other(), v.rated(),
                  optional(v.has_success_ratio(), v.success_ratio()));
  for (const std::string& duration : kDurations)
    text += fmt::format(" {}={}", duration, sums(distribution(v, duration)));
  return text + fmt::format(
                    " cold={} {} in={} out={} cached={} retries={} low={} abnormal={} rps={:.9g} "
                    "tps={}",
                    optional(v.has_cold_starts(), v.cold_starts()), sums(v.cold_start_us()),
                    optional(v.has_input_tokens(), v.input_tokens()),
                    optional(v.has_output_tokens(), v.output_tokens()),
                    optional(v.has_cached_tokens(), v.cached_tokens()),
                    optional(v.has_retries(), v.retries()),
                    optional(v.has_low_confidence_ratio(), v.low_confidence_ratio()),
                    optional(v.has_abnormal_input_ratio(), v.abnormal_input_ratio()),
                    v.requests_per_second(),
                    optional(v.has_tokens_per_second(), v.tokens_per_second()));
}

bool is_rated(const v1::Definitions& definitions, int status) {
  if (status == 0) return false;
  if (status == 10) return true;
  const std::string name = v1::InferenceStatus_Name(status);
  return std::ranges::none_of(definitions.unrated_status(), [&name](std::string unrated) {
    for (char& c : unrated) c = static_cast<char>(std::toupper(c));
    return name == "INFERENCE_STATUS_" + unrated;
  });
}

std::string render(const Exact& e, const Meaning& meaning) {
  const auto& window = meaning.definitions->scope(meaning.scope).window(meaning.window);
  const double seconds = static_cast<double>(window.length_us()) / 1e6;
  std::int64_t rated = 0;
  for (int status = 0; status <= 10; ++status)
    if (is_rated(*meaning.definitions, status)) rated += e.status[static_cast<std::size_t>(status)];
  std::string text = fmt::format(
      "n={} status={} rated={} ok={}", e.requests, fmt::join(e.status, ","), rated,
      optional(rated != 0, static_cast<double>(e.status[1]) / static_cast<double>(rated)));
  for (const std::string& duration : kDurations) {
    const auto found = e.durations_us.find(duration);
    text +=
        fmt::format(" {}={}", duration, found == e.durations_us.end() ? "-" : sums(found->second));
  }
  const std::int64_t tokens = e.input_tokens.value_or(0) + e.output_tokens.value_or(0);
  return text +
         fmt::format(
             " cold={} {} in={} out={} cached={} retries={} low={} abnormal={} rps={:.9g} tps={}",
             optional(e.cold_starts), sums(e.cold_starts_us), optional(e.input_tokens),
             optional(e.output_tokens), optional(e.cached_tokens), optional(e.retries),
             share(e.low_confidence), share(e.abnormal_input),
             static_cast<double>(e.requests) / seconds,
             optional(e.input_tokens || e.output_tokens, static_cast<double>(tokens) / seconds));
}

/// Nearest-rank, within 1 %.
std::string check_quantiles(const std::string& duration, Values values,
                            const v1::Distribution& told, bool sketched) {
  if (!sketched) return told.has_p50() ? fmt::format(" {}: p50 without a sketch", duration) : "";
  std::ranges::sort(values);
  std::string wrong;
  const auto check = [&](std::string_view which, std::int64_t per_mille, std::int64_t found) {
    const auto count = static_cast<std::int64_t>(values.size());
    const std::int64_t rank = std::max<std::int64_t>(1, (count * per_mille + 999) / 1000);
    // A sketch tells nothing apart above one hour.
    const auto exact =
        static_cast<double>(std::min(values[static_cast<std::size_t>(rank - 1)], kHourUs));
    if (std::abs(static_cast<double>(found) - exact) > 0.01 * exact + 0.5)
      wrong += fmt::format(" {}: {} is {}, exactly {}", duration, which, found, exact);
  };
  check("p50", 500, told.p50());
  check("p90", 900, told.p90());
  check("p95", 950, told.p95());
  check("p99", 990, told.p99());
  check("p999", 999, told.p999());
  return wrong;
}

std::string check_distinct(std::string_view what, std::size_t exact, std::int64_t told) {
  const auto count = static_cast<double>(exact);
  if (std::abs(static_cast<double>(told) - count) <= 1 + 0.1 * count) return "";
  return fmt::format(" {}: {} distinct, exactly {}", what, told, exact);
}

}  // namespace

void Exact::add(const v1::InferenceEvent& event, bool finest) {
  ++requests;
  ++status[static_cast<std::size_t>(std::min(static_cast<int>(event.status()), 10))];
  const auto add_duration = [this](const char* duration, bool told, std::int64_t value) {
    if (told) durations_us[duration].push_back(value);
  };
  add_duration("latency", event.has_latency_us(), event.latency_us());
  add_duration("ttft", event.has_ttft_us(), event.ttft_us());
  add_duration("queue", event.has_queue_us(), event.queue_us());
  add_duration("compute", event.has_compute_us(), event.compute_us());
  add_duration("network", event.has_network_us(), event.network_us());
  const std::int64_t decode = event.latency_us() - event.ttft_us();
  const std::int64_t steps = event.output_tokens() - 1;
  add_duration("tpot", event.has_latency_us() && event.has_ttft_us() && decode >= 0 && steps > 0,
               steps > 0 ? (2 * decode + steps) / (2 * steps) : 0);
  sim::add(cold_starts, event.has_cold_start_us(), event.cold_start_us() != 0 ? 1 : 0);
  if (event.cold_start_us() != 0) cold_starts_us.push_back(event.cold_start_us());
  sim::add(input_tokens, event.has_input_tokens(), event.input_tokens());
  sim::add(output_tokens, event.has_output_tokens(), event.output_tokens());
  sim::add(cached_tokens, event.has_cached_tokens(), event.cached_tokens());
  sim::add(retries, event.has_retry_count(), event.retry_count());
  if (event.has_low_confidence()) ++low_confidence[event.low_confidence() ? 1 : 0];
  if (event.has_abnormal_input()) ++abnormal_input[event.abnormal_input() ? 1 : 0];
  if (event.user_hash() != 0) users.insert(event.user_hash());
  if (!event.tenant().empty()) tenants.insert(event.tenant());
  if (finest) ++per_second[floor_div(event.event_time_us(), kSecondUs)];
}

std::string difference(const Exact& exact, const v1::KpiValues& told, const Meaning& meaning) {
  const v1::ScopeDefinition& scope = meaning.definitions->scope(meaning.scope);
  const std::string expected = render(exact, meaning);
  const std::string found = render(told);
  if (expected != found) return fmt::format("\n  exactly {}\n  told    {}", expected, found);
  std::string wrong;
  for (const auto& [duration, values] : exact.durations_us)
    wrong += check_quantiles(duration, values, distribution(told, duration),
                             std::ranges::count(scope.sketch(), duration) != 0);
  wrong += check_distinct("users", scope.distinct_users() ? exact.users.size() : 0,
                          told.distinct_users());
  wrong += check_distinct("tenants", scope.distinct_tenants() ? exact.tenants.size() : 0,
                          told.distinct_tenants());
  std::int64_t peak = 0;
  for (const auto& [second, count] : exact.per_second) peak = std::max(peak, count);
  const std::int64_t told_peak = told.peak_requests_per_second();
  if (meaning.peak_is_known ? told_peak != peak : told_peak > peak)
    wrong += fmt::format(" peak {}, exactly {}", told_peak, peak);
  if (told.has_peak_requests_per_second() && told_peak == 0) wrong += " peak 0";
  return wrong;
}

}  // namespace weir::sim
