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
#include "processors/slo/slo.h"
#include "processors/state/memory_store.h"

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

/// One slo task, fed a pane at a time.
class Task {
 public:
  explicit Task(std::int64_t ledgers) : ledgers_(ledgers), definitions_(objectives_of(1)) {
    id_ = objectives::Objectives::make(definitions_).value()->all()[0].id;
    if (!processor_.open(context_)) std::abort();
  }

  void say(std::int64_t pane) {
    v1::SliBatch batch;
    batch.set_version(1);
    batch.set_raw_partitions(1);
    batch.set_begin_offset(pane);
    batch.set_end_offset(pane + 1);
    batch.set_last_part(true);
    batch.set_watermark_us(kStart + (pane + 1) * objectives::kPaneUs);
    if (pane == 0) *batch.mutable_definitions() = definitions_;
    for (std::int64_t ledger = 0; ledger < ledgers_; ++ledger) {
      const std::string tenant = fmt::format("tenant-{:05}", ledger);
      const std::string_view value = tenant;
      v1::SliDelta& delta = *batch.add_delta();
      delta.set_objective_id(id_);
      delta.set_series(aggregates::encode_series({&value, 1}));
      delta.set_pane(kStart / objectives::kPaneUs + pane);
      delta.set_good(9);
      delta.set_bad(ledger % 100 == 0);
      delta.set_total(delta.good() + delta.bad());
    }
    bytes_ = batch.SerializeAsString();
    const runtime::Record record{
        .offset = pane, .append_time_us = batch.watermark_us(), .value = bytes_};
    if (!processor_.process({&record, 1}, context_)) std::abort();
  }

  void step() {
    while (processor_.in_step())
      if (!processor_.resume(context_)) std::abort();
    if (!processor_.prepare_commit(context_)) std::abort();
    told_ = context_.emitted_bytes();
    (void)context_.take_emitted();
  }

  void commit() {
    if (!store_.write(cache_.take_changes(), state::Durability::buffered)) std::abort();
  }

  std::size_t told_bytes() const { return told_; }

 private:
  const std::int64_t ledgers_;
  const v1::Objectives definitions_;
  std::uint64_t id_ = 0;
  runtime::Metrics metrics_;
  Probe probe_{metrics_};
  state::MemoryStore store_;
  state::WriteBack cache_{store_, std::size_t{2} << 30};
  runtime::TaskContext context_{0, 1, {1, 1}, cache_};
  SloProcessor processor_{{.max_series = 1'000'000, .step_bytes = std::uint64_t{1} << 30}, probe_};
  std::string bytes_;
  std::size_t told_ = 0;
};

void tick(benchmark::State& state) {
  Task task(state.range(0));
  std::int64_t pane = 0;
  for (; pane < kWarmPanes; ++pane) {
    task.say(pane);
    task.step();
    task.commit();
  }
  for (auto _ : state) {
    state.PauseTiming();
    task.say(pane++);
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
