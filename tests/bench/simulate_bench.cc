// How fast synthetic traffic is made, on one core.
#include <benchmark/benchmark.h>

#include "processors/ingest/simulator.h"

namespace weir::ingest {
namespace {

void make_records(benchmark::State& state, bool lean) {
  SimulatorOptions options;
  options.events = 1'000'000'000;
  options.rate_per_s = 100'000;
  options.lean = lean;
  options.world = {.services = 50, .models = 4, .tenants = 1'000};
  const auto simulator = Simulator::make(options);
  PartitionStream stream = simulator->partition(0);
  runtime::NewRecord record;
  std::size_t bytes = 0;
  for (auto _ : state) {
    stream.next(record);
    bytes += record.value.size();
  }
  const auto events = static_cast<double>(stream.events());
  state.counters["events/s"] = benchmark::Counter(events, benchmark::Counter::kIsRate);
  state.counters["bytes/event"] = static_cast<double>(bytes) / events;
}

BENCHMARK_CAPTURE(make_records, full, false);
BENCHMARK_CAPTURE(make_records, lean, true);

}  // namespace
}  // namespace weir::ingest

BENCHMARK_MAIN();
