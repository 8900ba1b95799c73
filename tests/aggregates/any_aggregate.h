// Random aggregates for property tests, and one readable rendering of a whole one.
#pragma once

#include <fmt/ranges.h>
#include <rapidcheck.h>

#include <array>
#include <cstdint>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "processors/aggregates/inference_aggregate.h"
#include "processors/core/hash.h"

namespace weir::aggregates {

/// What one request tells, as far as an aggregate asks; absent where nothing is told.
struct Request {
  std::uint32_t status = 1;  // InferenceStatus
  std::size_t second = 0;
  std::optional<std::uint64_t> tokens;  // input; half of it output, a third cached
  std::optional<std::uint64_t> cold_start_us;
  std::optional<std::uint64_t> retries;
  std::optional<bool> low_confidence;
  std::optional<bool> abnormal_input;
  std::uint64_t user = 0;  // 0 is absent
  std::array<std::optional<std::uint64_t>, kDurations> durations;
};

/// Latency and TTFT have quantiles, the other durations have none.
inline constexpr std::array<bool, kDurations> kSketched = {true, true};

inline void add(std::optional<std::uint64_t>& sum, std::uint64_t value) {
  sum = sum.value_or(0) + value;
}

inline void add(FlagCount& flags, std::optional<bool> flag) {
  if (!flag) return;
  ++flags.known;
  flags.yes += *flag ? 1 : 0;
}

inline void add(InferenceAggregate& aggregate, const Request& request) {
  Counters& counters = aggregate.counters;
  ++counters.status[status_counter(request.status)];
  ++counters.seconds[request.second];
  if (request.tokens) {
    add(counters.input_tokens, *request.tokens);
    add(counters.output_tokens, *request.tokens / 2);
    add(counters.cached_tokens, *request.tokens / 3);
  }
  if (request.cold_start_us) counters.add_cold_start(*request.cold_start_us);
  if (request.retries) add(counters.retries, *request.retries);
  add(counters.low_confidence, request.low_confidence);
  add(counters.abnormal_input, request.abnormal_input);
  if (request.user != 0) {
    aggregate.users.add(hash64(std::to_string(request.user)));
    aggregate.tenants.add(hash64(std::to_string(request.user % 5)));
  }
  for (std::size_t i = 0; i < kDurations; ++i)
    if (request.durations[i]) aggregate.durations[i].add(*request.durations[i], kSketched[i]);
}

inline InferenceAggregate aggregate_of(const std::vector<Request>& requests) {
  InferenceAggregate aggregate;
  for (const Request& request : requests) add(aggregate, request);
  return aggregate;
}

/// Up to a few hundred requests from a seed, so that a failing case shrinks to few.
inline std::vector<Request> any_requests() {
  std::mt19937_64 random(*rc::gen::arbitrary<std::uint64_t>());
  std::vector<Request> requests(*rc::gen::element<std::size_t>(0, 1, 7, 300));
  const auto below = [&](std::uint64_t bound) { return random() % bound; };
  const auto maybe = [&](std::uint64_t value) {
    return below(3) == 0 ? std::nullopt : std::optional(value);
  };
  for (Request& request : requests) {
    request.status = static_cast<std::uint32_t>(below(5) == 0 ? below(12) : 1);
    request.second = below(kPaneSeconds);
    request.tokens = maybe(below(5'000));
    if (below(20) == 0) request.cold_start_us = below(3) == 0 ? 0 : below(60'000'000);
    request.retries = maybe(below(3));
    if (maybe(0)) request.low_confidence = below(2) == 0;
    if (maybe(0)) request.abnormal_input = below(2) == 0;
    request.user = below(1'000);
    for (auto& duration : request.durations) duration = maybe(below(1ULL << below(40)));
  }
  return requests;
}

inline std::string text(const std::optional<std::uint64_t>& value) {
  return value ? std::to_string(*value) : "-";
}

inline std::string text(const DurationStats& stats) {
  return fmt::format("{}x sum {} max {}", stats.count, stats.sum_us, stats.max_us);
}

inline std::string text(const std::optional<DurationStats>& stats) {
  return stats ? text(*stats) : "-";
}

/// Everything an aggregate holds, on one line.
inline std::string render(const InferenceAggregate& aggregate) {
  const Counters& counters = aggregate.counters;
  std::string line = fmt::format(
      "status [{}] seconds [{}] peak {} tokens {} {} {} cold {} retries {} low {}/{} abnormal "
      "{}/{} "
      "users {} tenants {}",
      fmt::join(counters.status, " "), fmt::join(counters.seconds, " "), counters.peak,
      text(counters.input_tokens), text(counters.output_tokens), text(counters.cached_tokens),
      text(counters.cold_start), text(counters.retries), counters.low_confidence.yes,
      counters.low_confidence.known, counters.abnormal_input.yes, counters.abnormal_input.known,
      aggregate.users.estimate(), aggregate.tenants.estimate());
  for (std::size_t i = 0; i < kDurations; ++i) {
    const DurationAggregate& duration = aggregate.durations[i];
    if (duration.stats.count == 0) continue;
    line += fmt::format(" {} {} p50 {}", to_string(static_cast<Duration>(i)), text(duration.stats),
                        duration.sketch.quantile_us(5'000));
  }
  return line;
}

}  // namespace weir::aggregates
