// What a step of kpi costs by the length of a window: the same input, 100 series with ten requests
// in each pane of 10 s, into one task for each window, which are stepped in turn over an hour, in
// memory and without a disk. Each task has the past that its window is long. CPU time, in
// nanoseconds a series:
//
//  * `step_ns`        of all steps: one every 10 s; where a hop is long, most only close panes
//  * `told_ns`        of the steps at which the window is told
//  * `merged_panes`   for one result: what is bounded for windows of any length
//
// `longest_of_shortest` is 1d/10m's cost over 1m/10s's, in a window 1,440 times as long. The line
// without a counter is of ten minutes, all four tasks and what feeds them.
#include <benchmark/benchmark.h>

#include <array>
#include <cstdlib>
#include <ctime>
#include <memory>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "processors/kpi/kpi.h"
#include "processors/state/memory_store.h"

namespace weir::kpi {
namespace {

constexpr DurationUs kPaneUs = 10 * kSecondUs;
constexpr std::int64_t kSeries = 100;
constexpr std::int64_t kRequests = 10;
/// Of one iteration: every hop divides it.
constexpr DurationUs kRoundUs = 10 * kMinuteUs;
constexpr int kRounds = 6;
constexpr TimeUs kBegin = 1'700'006'400 * kSecondUs;  // 2023-11-15T00:00:00Z
/// Ascending by length.
constexpr std::array<const char*, 4> kWindows = {"1m/10s", "10m/10s", "1h/1m", "1d/10m"};

/// [tenant] over one window, latency and TTFT sketched.
v1::Definitions definitions_of(const windows::Window& window) {
  v1::Definitions message;
  for (const windows::Tier& tier : windows::default_tiers()) {
    v1::TierDefinition& out = *message.add_tier();
    out.set_span_us(tier.span_us);
    out.set_lateness_us(tier.lateness_us);
  }
  v1::ScopeDefinition& scope = *message.add_scope();
  scope.add_dimension("tenant");
  scope.add_sketch("latency");
  scope.add_sketch("ttft");
  v1::WindowDefinition& out = *scope.add_window();
  out.set_length_us(window.length_us);
  out.set_hop_us(window.hop_us);
  return message;
}

/// What a series has in a pane; no two panes of it are alike for an hour.
std::string delta_of(std::int64_t series, std::int64_t pane) {
  aggregates::InferenceAggregate delta;
  delta.counters.status[aggregates::kStatusOk] = kRequests;
  delta.counters.input_tokens = 4'000;
  delta.counters.output_tokens = 900;
  for (std::int64_t i = 0; i < kRequests; ++i) {
    ++delta.counters.seconds[static_cast<std::size_t>(i) % aggregates::kPaneSeconds];
    const auto latency_us =
        static_cast<std::uint64_t>(200'000 + (series * 7 + pane * 31 + i * 97) % 360 * 2'000);
    delta.durations[static_cast<std::size_t>(aggregates::Duration::latency)].add(latency_us, true);
    delta.durations[static_cast<std::size_t>(aggregates::Duration::ttft)].add(latency_us / 5, true);
  }
  std::string bytes;
  delta.encode(bytes);
  return bytes;
}

struct Cost {
  std::int64_t steps = 0;
  double cpu_s = 0;
  std::int64_t panes = 0;

  void add(const Cost& other) {
    steps += other.steps;
    cpu_s += other.cpu_s;
    panes += other.panes;
  }
  double series_ns() const { return cpu_s * 1e9 / static_cast<double>(steps * kSeries); }
};

/// One kpi task with one window.
class WindowTask {
 public:
  explicit WindowTask(const char* window)
      : window_(windows::parse_window(window).value()),
        plan_(windows::WindowPlan::make({window_}, windows::default_tiers()).value()),
        definitions_(aggregates::Definitions::make(definitions_of(window_)).value()) {
    if (!processor_.open(context_)) std::abort();
    const std::int64_t past = window_.length_us / kPaneUs;
    for (std::int64_t pane = kBegin / kPaneUs - past; pane < kBegin / kPaneUs; ++pane) step(pane);
  }

  /// Takes what the series have in the pane, then does and times everything due at its end.
  void step(std::int64_t pane) {
    say(pane);
    const std::clock_t began = std::clock();
    while (processor_.in_step())
      if (!processor_.resume(context_)) std::abort();
    if (!processor_.prepare_commit(context_)) std::abort();
    Cost cost{.steps = 1,
              .cpu_s = static_cast<double>(std::clock() - began) / double{CLOCKS_PER_SEC},
              .panes = 0};
    if (!store_.write(cache_.take_changes(), state::Durability::buffered)) std::abort();

    all_.add(cost);
    const TimeUs end = (pane + 1) * kPaneUs;
    const bool due = floor_mod(end, window_.hop_us) == 0;
    if (context_.take_emitted().size() != (due ? std::size_t{kSeries} : 0)) std::abort();
    if (!due) return;
    plan_.panes_of(0, end, ranges_);
    for (const windows::PaneRange& range : ranges_) cost.panes += range.last - range.first;
    told_.add(cost);
  }

  void forget_costs() { all_ = told_ = {}; }
  const Cost& all() const { return all_; }
  const Cost& told() const { return told_; }

 private:
  void say(std::int64_t pane) {
    v1::PartialBatch batch;
    batch.set_version(1);
    batch.set_raw_topic("weir.inference");
    batch.set_raw_partitions(1);
    batch.set_begin_offset(batches_);
    batch.set_end_offset(batches_ + 1);
    batch.set_last_part(true);
    batch.set_watermark_us((pane + 1) * kPaneUs);
    batch.set_append_time_us(batch.watermark_us());
    batch.set_greatest_event_time_us(batch.watermark_us() - 1);
    batch.set_definitions_hash(definitions_->hash());
    if (batches_ == 0) *batch.mutable_definitions() = definitions_->message();
    for (std::int64_t series = 0; series < kSeries; ++series) {
      const std::string tenant = fmt::format("tenant-{:04}", series);
      const std::string_view value = tenant;
      v1::PaneDelta& delta = *batch.add_delta();
      delta.set_series(aggregates::encode_series({&value, 1}));
      delta.set_pane(pane);
      delta.set_aggregate(delta_of(series, pane));
    }
    const std::string bytes = batch.SerializeAsString();
    const runtime::Record record{
        .offset = batches_++, .append_time_us = batch.watermark_us(), .value = bytes};
    if (!processor_.process({&record, 1}, context_)) std::abort();
  }

  const windows::Window window_;
  const windows::WindowPlan plan_;
  const std::shared_ptr<const aggregates::Definitions> definitions_;
  runtime::Metrics metrics_;
  Probe probe_{metrics_};
  state::MemoryStore store_;
  state::WriteBack cache_{store_, std::size_t{1} << 30};
  runtime::TaskContext context_{0, 1, {1}, cache_};
  KpiProcessor processor_{{.step_bytes = std::uint64_t{1} << 30}, probe_};
  std::vector<windows::PaneRange> ranges_;
  std::int64_t batches_ = 0;
  Cost all_;
  Cost told_;
};

void window_lengths(benchmark::State& state) {
  std::vector<std::unique_ptr<WindowTask>> tasks;
  for (const char* const window : kWindows) {
    tasks.push_back(std::make_unique<WindowTask>(window));
    tasks.back()->forget_costs();
  }
  std::int64_t pane = kBegin / kPaneUs;
  for (auto _ : state)
    for (const std::int64_t end = pane + kRoundUs / kPaneUs; pane < end; ++pane)
      for (const auto& task : tasks) task->step(pane);

  for (std::size_t i = 0; i < tasks.size(); ++i) {
    const Cost& told = tasks[i]->told();
    const std::string window = kWindows[i];
    state.counters[window + "/step_ns"] = tasks[i]->all().series_ns();
    state.counters[window + "/told_ns"] = told.series_ns();
    state.counters[window + "/merged_panes"] =
        static_cast<double>(told.panes) / static_cast<double>(told.steps);
  }
  const WindowTask& shortest = *tasks.front();
  const WindowTask& longest = *tasks.back();
  state.counters["longest_of_shortest/step_ratio"] =
      longest.all().series_ns() / shortest.all().series_ns();
  state.counters["longest_of_shortest/told_ratio"] =
      longest.told().series_ns() / shortest.told().series_ns();
}
BENCHMARK(window_lengths)->Iterations(kRounds)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace weir::kpi

BENCHMARK_MAIN();
