// What objectives cost. `tick/ledgers:N` is one step of slo: N ledgers with events in the pane that
// closes, default windows and conditions, after an hour of them; results and signals serialised,
// the state of a commit encoded, in memory and without a disk. `judge/objectives:N` is what N
// objectives add to fold, for each event of batches of 512: a latency and a status, `per: [tenant]`
// (1,000). CPU time.
#include <benchmark/benchmark.h>

#include <random>

#include <fmt/format.h>

#include "processors/aggregates/definitions.h"
#include "processors/events/batch_reader.h"
#include "processors/events/batch_writer.h"
#include "processors/fold/objective_counts.h"
#include "processors/objectives/policy.h"
#include "tests/bench/slo_feed.h"

namespace weir::slo {
namespace {

constexpr TimeUs kStart = 1'700'000'000 * kSecondUs;
constexpr std::int64_t kWarmPanes = 360;

v1::Objectives objectives_of(std::size_t count) {
  v1::Objectives message;
  for (std::size_t i = 0; i < count; ++i) {
    v1::ObjectiveDefinition& definition = *message.add_objective();
    definition.set_name(fmt::format("objective-{}", i));
    definition.set_good(fmt::format("status == ok && latency <= {}ms", 100 + i));
    definition.set_total("true");
    definition.add_per("tenant");
    definition.set_target_ppb(999'000'000);
    definition.set_method(v1::BUDGETING_METHOD_OCCURRENCES);
    definition.set_window_us(30 * kDayUs);
    for (const auto& condition : objectives::default_conditions(30 * kDayUs, {}))
      *definition.add_condition() = condition;
  }
  return message;
}

std::vector<PaneCounts> pane_of(std::int64_t ledgers) {
  std::vector<PaneCounts> counts;
  for (std::int64_t ledger = 0; ledger < ledgers; ++ledger) {
    const std::string tenant = fmt::format("tenant-{:05}", ledger);
    const std::string_view value = tenant;
    counts.push_back({aggregates::encode_series({&value, 1}), 9, ledger % 100 == 0 ? 1 : 0});
  }
  return counts;
}

void tick(benchmark::State& state) {
  Feed task(objectives_of(1), {.max_series = 1'000'000, .step_bytes = std::uint64_t{1} << 30});
  const std::vector<PaneCounts> counts = pane_of(state.range(0));
  std::int64_t pane = 0;
  for (; pane < kWarmPanes; ++pane) {
    task.say(pane, counts);
    task.step();
    task.commit();
  }
  for (auto _ : state) {
    state.PauseTiming();
    task.say(pane++, counts);
    state.ResumeTiming();
    task.step();
    state.PauseTiming();
    task.commit();
    state.ResumeTiming();
  }
  state.counters["ns_a_ledger"] = benchmark::Counter(
      static_cast<double>(state.range(0)) / 1e9,
      benchmark::Counter::kIsIterationInvariantRate | benchmark::Counter::kInvert);
  state.counters["result_bytes"] =
      static_cast<double>(task.told_bytes()) / static_cast<double>(state.range(0));
}
BENCHMARK(tick)->ArgName("ledgers")->Arg(100)->Arg(10'000)->Unit(benchmark::kMillisecond);

void judge(benchmark::State& state) {
  constexpr std::size_t kBatches = 200;
  std::mt19937_64 random(1);
  std::vector<std::string> records;
  std::size_t events = 0;
  for (std::size_t b = 0; b < kBatches; ++b) {
    events::BatchWriter writer;
    while (!writer.full()) {
      const std::string tenant = fmt::format("tenant-{:04}", random() % 1'000);
      events::EventRow row{.event_time_us = kStart + static_cast<std::int64_t>(events * 50),
                           .status = random() % 100 == 0 ? 4 : 1};
      row.text(events::Text::tenant) = tenant;
      row.set(events::Number::latency, static_cast<std::int64_t>(random() % 1'000'000));
      writer.add(row);
      ++events;
    }
    records.push_back(writer.take());
  }
  std::vector<events::EventColumns> columns(kBatches);
  events::BatchReader reader;
  std::vector<events::Problem> problems;
  for (std::size_t b = 0; b < kBatches; ++b)
    if (!reader.read(records[b], columns[b], problems)) std::abort();
  fold::ObjectiveCounts counts(
      objectives::Objectives::make(objectives_of(static_cast<std::size_t>(state.range(0))))
          .value());
  for (auto _ : state) {
    for (const events::EventColumns& batch : columns) counts.add(batch);
    counts.drain([](const fold::ObjectiveDelta& delta) { benchmark::DoNotOptimize(delta.good); });
  }
  state.counters["ns_an_event"] = benchmark::Counter(
      static_cast<double>(events) / 1e9,
      benchmark::Counter::kIsIterationInvariantRate | benchmark::Counter::kInvert);
}
BENCHMARK(judge)->ArgName("objectives")->Arg(0)->Arg(1)->Arg(10)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace weir::slo

BENCHMARK_MAIN();
