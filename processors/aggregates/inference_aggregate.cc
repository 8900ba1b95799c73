#include "processors/aggregates/inference_aggregate.h"

#include <algorithm>
#include <numeric>

namespace weir::aggregates {

namespace {

/// Adds sums that are at most kMaxSum.
std::uint64_t add_saturated(std::uint64_t a, std::uint64_t b) {
  return std::min(a + b, kMaxSum);  // a + b < 2^64
}

void merge(std::optional<std::uint64_t>& into, const std::optional<std::uint64_t>& sum) {
  if (sum) into = add_saturated(into.value_or(0), *sum);
}

void merge(std::optional<DurationStats>& into, const std::optional<DurationStats>& stats) {
  if (!stats) return;
  if (!into) into.emplace();
  into->merge(*stats);
}

void merge(FlagCount& into, const FlagCount& flags) {
  into.known += flags.known;
  into.yes += flags.yes;
}

/// Everything that both kinds of merge treat alike.
void merge_timeless(InferenceAggregate& into, const InferenceAggregate& other) {
  Counters& counters = into.counters;
  const Counters& more = other.counters;
  for (std::size_t i = 0; i < kStatuses; ++i) counters.status[i] += more.status[i];
  merge(counters.input_tokens, more.input_tokens);
  merge(counters.output_tokens, more.output_tokens);
  merge(counters.cached_tokens, more.cached_tokens);
  merge(counters.cold_start, more.cold_start);
  merge(counters.retries, more.retries);
  merge(counters.low_confidence, more.low_confidence);
  merge(counters.abnormal_input, more.abnormal_input);
  into.users.merge(other.users);
  into.tenants.merge(other.tenants);
  for (std::size_t i = 0; i < kDurations; ++i) into.durations[i].merge(other.durations[i]);
}

}  // namespace

void DurationStats::add(std::uint64_t value_us) {
  const std::uint64_t value = std::min(value_us, kMaxSum);
  merge({.count = 1, .sum_us = value, .max_us = value});
}

void DurationStats::merge(const DurationStats& other) {
  count += other.count;
  sum_us = add_saturated(sum_us, other.sum_us);
  max_us = std::max(max_us, other.max_us);
}

void DurationAggregate::add(std::uint64_t value_us, bool sketched) {
  stats.add(value_us);
  if (sketched) sketch.add(value_us);
}

void DurationAggregate::merge(const DurationAggregate& other) {
  const bool partial = unsketched() || other.unsketched();
  stats.merge(other.stats);
  sketch.merge(other.sketch);
  if (partial) sketch.clear();
}

void Counters::add_cold_start(std::uint64_t wait_us) {
  if (!cold_start) cold_start.emplace();
  if (wait_us != 0) cold_start->add(wait_us);
}

std::uint64_t Counters::requests() const {
  return std::accumulate(status.begin(), status.end(), std::uint64_t{0});
}

std::uint64_t Counters::busiest_second() const {
  return std::max(peak, *std::ranges::max_element(seconds));
}

void Counters::forget_seconds() {
  peak = busiest_second();
  seconds.fill(0);
}

void InferenceAggregate::merge_same(const InferenceAggregate& other) {
  merge_timeless(*this, other);
  for (std::size_t i = 0; i < kPaneSeconds; ++i) counters.seconds[i] += other.counters.seconds[i];
  counters.peak = std::max(counters.peak, other.counters.peak);
}

void InferenceAggregate::merge_adjacent(const InferenceAggregate& other) {
  merge_timeless(*this, other);
  counters.forget_seconds();
  counters.peak = std::max(counters.peak, other.counters.busiest_second());
}

void InferenceAggregate::clear() {
  counters = {};
  users.clear();
  tenants.clear();
  for (DurationAggregate& duration : durations) {
    duration.stats = {};
    duration.sketch.clear();
  }
}

std::size_t InferenceAggregate::memory_bytes() const {
  std::size_t bytes = sizeof *this + users.memory_bytes() + tenants.memory_bytes();
  for (const DurationAggregate& duration : durations) bytes += duration.sketch.memory_bytes();
  return bytes;
}

}  // namespace weir::aggregates
