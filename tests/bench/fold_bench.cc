// What an event costs from its record to the owner of its series: a million events of 50 seconds
// (five panes) as ../shared/hot-loop.md has them: batches of 512 with some 400 tenants, 60 B an
// event; scopes [service, model] (200 series), [tenant] (1,000) and [service] (50), sketches of
// latency and TTFT. The names say what is done: `decode` reads records into columns, `fold` adds
// these to open deltas (and writes the panes that fall behind), `commit` writes all deltas once a
// million events, and `merge` is what the owner does with them: it keeps them by pane, and merges
// those of a pane when its time has come. CPU time; no disk. `goal_ns` is the issue's.
#include <benchmark/benchmark.h>

#include <cmath>
#include <random>

#include <absl/container/flat_hash_map.h>
#include <fmt/format.h>

#include "processors/core/bytes.h"
#include "processors/core/hash.h"
#include "processors/events/batch_reader.h"
#include "processors/events/batch_writer.h"
#include "processors/events/event_reader.h"
#include "processors/fold/accumulator.h"

namespace weir::fold {
namespace {

constexpr std::size_t kEvents = 1'000'000;
constexpr std::size_t kBatch = 512;
constexpr TimeUs kStart = 1'700'000'000 * kSecondUs;

std::shared_ptr<const aggregates::Definitions> definitions() {
  v1::Definitions message;
  for (const windows::Tier& tier : windows::default_tiers()) {
    v1::TierDefinition& out = *message.add_tier();
    out.set_span_us(tier.span_us);
    out.set_lateness_us(tier.lateness_us);
  }
  for (const auto& dimensions :
       std::vector<std::vector<std::string>>{{"service", "model"}, {"tenant"}, {"service"}}) {
    v1::ScopeDefinition& scope = *message.add_scope();
    for (const std::string& dimension : dimensions) scope.add_dimension(dimension);
    scope.add_sketch("latency");
    scope.add_sketch("ttft");
    v1::WindowDefinition& window = *scope.add_window();
    window.set_length_us(kMinuteUs);
    window.set_hop_us(10 * kSecondUs);
  }
  return aggregates::Definitions::make(message).value();
}

/// Events in order of time, up to a second apart.
class Traffic {
 public:
  events::EventRow next() {
    using events::Number;
    using events::Text;
    const std::size_t series = random_() % 200;
    request_id_ = fmt::format("{:016x}", random_());
    service_ = fmt::format("service-{:02}", series / 4);
    model_ = fmt::format("model-{}", series % 4 + series / 4 % 8);
    tenant_ = fmt::format("tenant-{:04}", random_() % 1'000);
    region_ = fmt::format("region-{}", random_() % 6);
    gpu_ = fmt::format("gpu-{}", random_() % 4);
    events::EventRow row;
    row.event_time_us = kStart + static_cast<TimeUs>(made_++ * 50 + random_() % kSecondUs);
    row.request_id = request_id_;
    row.text(Text::service) = service_;
    row.text(Text::model) = model_;
    row.text(Text::tenant) = tenant_;
    row.text(Text::region) = region_;
    row.text(Text::gpu_type) = gpu_;
    row.user_hash = random_();
    row.status = random_() % 50 == 0 ? v1::INFERENCE_STATUS_TIMEOUT : v1::INFERENCE_STATUS_OK;
    row.set(Number::latency, static_cast<std::int64_t>(400'000 * std::exp(0.5 * normal_(random_))));
    row.set(Number::ttft, row.number(Number::latency) / static_cast<int>(3 + random_() % 5));
    row.set(Number::input_tokens, static_cast<std::int64_t>(random_() % 4'000));
    row.set(Number::output_tokens, static_cast<std::int64_t>(random_() % 500));
    return row;
  }

 private:
  std::mt19937_64 random_{1};
  std::normal_distribution<double> normal_;
  std::size_t made_ = 0;
  std::string request_id_, service_, model_, tenant_, region_, gpu_;
};

/// One string, as a read from the log gives it.
struct Records {
  std::string bytes;
  std::vector<std::size_t> ends;

  void add(std::string_view record) {
    bytes += record;
    ends.push_back(bytes.size());
  }
  template <class Use>
  void each(Use use) const {
    std::size_t begin = 0;
    for (const std::size_t end : ends) {
      use(std::string_view(bytes).substr(begin, end - begin));
      begin = end;
    }
  }
};

const Records& columnar() {
  static const Records records = [] {
    Records made;
    Traffic traffic;
    events::BatchWriter writer(kBatch);
    for (std::size_t i = 0; i < kEvents; ++i) {
      writer.add(traffic.next());
      if (writer.full() || i + 1 == kEvents) made.add(writer.take());
    }
    return made;
  }();
  return records;
}

const Records& single() {
  static const Records records = [] {
    Records made;
    Traffic traffic;
    for (std::size_t i = 0; i < kEvents; ++i)
      made.add(events::to_event(traffic.next()).SerializeAsString());
    return made;
  }();
  return records;
}

/// Calls `use` with every block of decoded events.
template <class Use>
void decode_columnar(events::EventColumns& columns, Use use) {
  static events::BatchReader reader;
  std::vector<events::Problem> problems;
  columnar().each([&](std::string_view record) {
    benchmark::DoNotOptimize(reader.read(record, columns, problems));
    use(columns);
  });
}

template <class Use>
void decode_single(events::EventColumns& columns, Use use) {
  columns.clear();
  single().each([&](std::string_view record) {
    benchmark::DoNotOptimize(events::read_event(record, columns));
    if (columns.count < kBatch) return;
    use(columns);
    columns.clear();
  });
  use(columns);
}

template <class Use>
void decode(bool is_columnar, events::EventColumns& columns, Use use) {
  if (is_columnar)
    decode_columnar(columns, use);
  else
    decode_single(columns, use);
}

void report(benchmark::State& state, const Records& records) {
  const auto events = static_cast<double>(state.iterations()) * static_cast<double>(kEvents);
  // A rate's inverse, in 1e-9 of a second.
  state.counters["event_ns"] =
      benchmark::Counter(events / 1e9, benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
  state.counters["record_bytes"] =
      static_cast<double>(records.bytes.size()) / static_cast<double>(kEvents);
}

void decode_only(benchmark::State& state, bool is_columnar) {
  events::EventColumns columns;
  for (auto _ : state)
    decode(is_columnar, columns,
           [](const events::EventColumns& read) { benchmark::DoNotOptimize(read.count); });
  report(state, is_columnar ? columnar() : single());
}

void fold(benchmark::State& state, bool is_columnar, const Kernels* kernels) {
  events::EventColumns columns;
  Accumulator accumulator(definitions(), std::size_t{1} << 30, *kernels);
  for (auto _ : state) {
    decode(is_columnar, columns, [&](const events::EventColumns& read) { accumulator.add(read); });
    state.PauseTiming();
    accumulator.drain([](const Delta&) {});
    state.ResumeTiming();
  }
  report(state, is_columnar ? columnar() : single());
}

/// Open panes as kpi keeps them: the deltas that came.
class Owner {
 public:
  void take(const Delta& delta) {
    key_.assign(reinterpret_cast<const char*>(&delta.pane), sizeof delta.pane);
    key_ += static_cast<char>(delta.scope);
    key_ += delta.series;
    put_bytes(panes_[key_], delta.aggregate);
    ++deltas_;
    bytes_ += delta.aggregate.size();
  }
  void merge() {
    for (auto& [key, deltas] : panes_) {
      merged_.clear();
      for (ByteReader reader(deltas); !reader.at_end();)
        benchmark::DoNotOptimize(merged_.merge_same_encoded(reader.bytes()));
      benchmark::DoNotOptimize(merged_.requests());
      deltas.clear();
    }
  }
  double delta_bytes() const { return static_cast<double>(bytes_) / static_cast<double>(deltas_); }

 private:
  absl::flat_hash_map<std::string, std::string> panes_;
  std::string key_;
  aggregates::InferenceAggregate merged_;
  std::size_t deltas_ = 0;
  std::size_t bytes_ = 0;
};

void everything(benchmark::State& state, bool is_columnar, const Kernels* kernels) {
  Owner owner;
  events::EventColumns columns;
  Accumulator accumulator(definitions(), std::size_t{1} << 30, *kernels);
  for (auto _ : state) {
    decode(is_columnar, columns, [&](const events::EventColumns& read) { accumulator.add(read); });
    accumulator.drain([&owner](const Delta& delta) { owner.take(delta); });
    owner.merge();
  }
  report(state, is_columnar ? columnar() : single());
  state.counters["delta_bytes"] = owner.delta_bytes();
  state.counters["goal_ns"] = is_columnar ? 50 : 120;
}

void register_all() {
  struct Chosen {
    const char* name;
    const Kernels* kernels;
  };
  std::vector<Chosen> choices = {{"portable", &kPortableKernels}};
#ifdef WEIR_X86_64_V3
  if (&best_kernels() == &kV3Kernels) choices.push_back({"v3", &kV3Kernels});
#endif
  columnar();  // made before anything is timed
  single();
  for (const bool is_columnar : {true, false}) {
    const char* const form = is_columnar ? "columnar" : "single";
    const auto add = [form](const char* what, const char* kernels, auto... arguments) {
      benchmark::RegisterBenchmark(fmt::format("{}/{}{}", what, form, kernels).c_str(),
                                   arguments...)
          ->Unit(benchmark::kMillisecond);
    };
    add("decode", "", decode_only, is_columnar);
    for (const auto& [name, kernels] : choices) {
      add("decode+fold", fmt::format("/{}", name).c_str(), fold, is_columnar, kernels);
      add("decode+fold+commit+merge", fmt::format("/{}", name).c_str(), everything, is_columnar,
          kernels);
    }
  }
}

}  // namespace
}  // namespace weir::fold

int main(int count, char** arguments) {
  weir::fold::register_all();
  benchmark::Initialize(&count, arguments);
  if (benchmark::ReportUnrecognizedArguments(count, arguments)) return 2;
  benchmark::RunSpecifiedBenchmarks();
}
