// Sketches and aggregates by themselves: what fold pays to write a delta and kpi to merge one.
#include <benchmark/benchmark.h>

#include <array>
#include <cmath>
#include <random>
#include <vector>

#include "processors/aggregates/inference_aggregate.h"
#include "processors/core/bytes.h"
#include "processors/core/hash.h"
#include "processors/kpi/state.h"
#include "processors/sketches/ddsketch.h"
#include "processors/sketches/hyperloglog.h"

namespace {

using namespace weir::aggregates;
using namespace weir::sketches;

std::vector<std::uint32_t> log_normal(std::size_t count, double median_us, double sigma) {
  std::mt19937_64 random(1);
  std::lognormal_distribution<double> values(std::log(median_us), sigma);
  std::vector<std::uint32_t> result(count);
  for (auto& value : result) value = static_cast<std::uint32_t>(values(random));
  return result;
}

/// 100 bins side by side, around 200 ms; the counts of a busy window.
DdSketch hundred_bins() {
  DdSketch sketch;
  for (std::uint32_t bin = 590; bin < 690; ++bin) sketch.add_bin(bin, 1 + bin % 100);
  return sketch;
}

/// The delta of one series and one pane: latency and TTFT as fold's kernels hold them, requests in
/// each of its seconds.
struct Delta {
  explicit Delta(std::size_t requests) {
    fill(0, log_normal(requests, 400'000, 0.5));
    fill(1, log_normal(requests, 80'000, 0.4));
    parts.counters.status[kStatusOk] = requests - requests / 50;
    parts.counters.status[2] = requests / 50;
    for (std::size_t i = 0; i < requests; ++i) ++parts.counters.seconds[i % kPaneSeconds];
    parts.counters.input_tokens = 1'000 * requests;
    parts.counters.output_tokens = 200 * requests;
  }

  void fill(std::size_t duration, const std::vector<std::uint32_t>& values) {
    DurationParts& part = parts.durations[duration];
    for (const std::uint32_t value : values) {
      const std::uint32_t bin = ddsketch_bin(value);
      part.stats.add(value);
      part.bins.block_mask |= 1u << bin / 64;
      ++bins[duration][bin];
    }
    part.bins.bins = bins[duration].data();
  }

  std::string encoded() const {
    std::string out;
    encode(parts, out);
    return out;
  }

  std::array<std::array<std::uint8_t, kDdSketchPaddedBins>, 2> bins{};
  AggregateParts parts;
};

void ddsketch_bin_of(benchmark::State& state) {
  const auto values = log_normal(4'096, 200'000, 1);
  std::vector<std::uint16_t> bins(values.size());
  for (auto _ : state) {
    for (std::size_t i = 0; i < values.size(); ++i)
      bins[i] = static_cast<std::uint16_t>(ddsketch_bin(values[i]));
    benchmark::DoNotOptimize(bins.data());
    benchmark::ClobberMemory();
  }
  state.SetItemsProcessed(state.iterations() * 4'096);
}
BENCHMARK(ddsketch_bin_of);

void ddsketch_add(benchmark::State& state) {
  const auto values = log_normal(4'096, 200'000, 1);
  DdSketch sketch;
  for (auto _ : state)
    for (const std::uint32_t value : values) sketch.add(value);
  benchmark::DoNotOptimize(sketch.count());
  // A rate's inverse, in 1e-9 of a second.
  state.counters["value_ns"] =
      benchmark::Counter(static_cast<double>(state.iterations()) * 4'096 / 1e9,
                         benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
  state.counters["goal_ns"] = 2;
}
BENCHMARK(ddsketch_add);

void ddsketch_merge_100_bins(benchmark::State& state) {
  DdSketch sketch = hundred_bins();
  const DdSketch other = hundred_bins();
  for (auto _ : state) sketch.merge(other);
  benchmark::DoNotOptimize(sketch.count());
  state.counters["goal_ns"] = 200;
}
BENCHMARK(ddsketch_merge_100_bins);

void ddsketch_encode_100_bins(benchmark::State& state) {
  const DdSketch sketch = hundred_bins();
  std::string out;
  for (auto _ : state) {
    out.clear();
    sketch.encode(out);
    benchmark::DoNotOptimize(out.data());
  }
}
BENCHMARK(ddsketch_encode_100_bins);

void ddsketch_merge_encoded_100_bins(benchmark::State& state) {
  DdSketch sketch = hundred_bins();
  std::string encoded;
  sketch.encode(encoded);
  for (auto _ : state) {
    std::string_view bytes = encoded;
    benchmark::DoNotOptimize(sketch.merge_encoded(bytes).has_value());
  }
}
BENCHMARK(ddsketch_merge_encoded_100_bins);

void ddsketch_five_quantiles(benchmark::State& state) {
  const DdSketch sketch = hundred_bins();
  constexpr std::array<std::uint32_t, 5> kParts = {5'000, 9'000, 9'500, 9'900, 9'990};
  std::array<std::uint64_t, 5> values{};
  for (auto _ : state) {
    sketch.quantiles_us(kParts, values);
    benchmark::DoNotOptimize(values.data());
    benchmark::ClobberMemory();
  }
}
BENCHMARK(ddsketch_five_quantiles);

/// What a pane takes in kpi's store once it has closed: its key and its number, then its one part.
double stored_bytes(std::string_view aggregate) {
  std::string value(sizeof(std::int64_t) + 1, '\0');
  weir::put_bytes(value, aggregate);
  return static_cast<double>(weir::kpi::closed_key(0, 0, 0).size() + value.size());
}

/// `bytes` is the aggregate of so many requests, `stored_bytes` its pane in the store.
void aggregate_encode(benchmark::State& state) {
  const Delta delta(static_cast<std::size_t>(state.range(0)));
  std::string out;
  for (auto _ : state) {
    out.clear();
    encode(delta.parts, out);
    benchmark::DoNotOptimize(out.data());
  }
  state.counters["bytes"] = static_cast<double>(out.size());
  state.counters["stored_bytes"] = stored_bytes(out);
  if (state.range(0) == 10) state.counters["goal_stored_bytes"] = 200;
}
BENCHMARK(aggregate_encode)->Arg(10)->Arg(150)->Arg(1'000);

void aggregate_merge_same_encoded(benchmark::State& state) {
  const std::string encoded = Delta(static_cast<std::size_t>(state.range(0))).encoded();
  InferenceAggregate aggregate = *InferenceAggregate::decode(Delta(5'000).encoded());
  for (auto _ : state) benchmark::DoNotOptimize(aggregate.merge_same_encoded(encoded).has_value());
}
BENCHMARK(aggregate_merge_same_encoded)->Arg(10)->Arg(150)->Arg(1'000);

/// A window of 1 h over panes of 1 m.
void aggregate_window_of_60(benchmark::State& state) {
  const std::string encoded = Delta(static_cast<std::size_t>(state.range(0))).encoded();
  InferenceAggregate window;
  for (auto _ : state) {
    window.clear();
    for (int pane = 0; pane < 60; ++pane)
      benchmark::DoNotOptimize(window.merge_adjacent_encoded(encoded).has_value());
  }
  state.SetItemsProcessed(state.iterations() * 60);
}
BENCHMARK(aggregate_window_of_60)->Arg(150)->Arg(1'000);

HyperLogLog of_users(std::uint64_t count) {
  HyperLogLog sketch;
  for (std::uint64_t i = 0; i < count; ++i)
    sketch.add(weir::hash64({reinterpret_cast<const char*>(&i), sizeof i}));
  return sketch;
}

void hyperloglog_add(benchmark::State& state) {
  HyperLogLog sketch = of_users(10'000);
  std::uint64_t hash = 1;
  for (auto _ : state) sketch.add(hash *= 0x9e3779b97f4a7c15);
  benchmark::DoNotOptimize(sketch.empty());
}
BENCHMARK(hyperloglog_add);

void hyperloglog_merge_encoded(benchmark::State& state) {
  std::string encoded;
  of_users(static_cast<std::uint64_t>(state.range(0))).encode(encoded);
  HyperLogLog sketch = of_users(10'000);
  for (auto _ : state) {
    std::string_view bytes = encoded;
    benchmark::DoNotOptimize(sketch.merge_encoded(bytes).has_value());
  }
  state.counters["bytes"] = static_cast<double>(encoded.size());
}
BENCHMARK(hyperloglog_merge_encoded)->Arg(100)->Arg(10'000);

void hyperloglog_estimate(benchmark::State& state) {
  const HyperLogLog sketch = of_users(10'000);
  for (auto _ : state) benchmark::DoNotOptimize(sketch.estimate());
}
BENCHMARK(hyperloglog_estimate);

}  // namespace

BENCHMARK_MAIN();
