#include "processors/fold/accumulator.h"

#include <deque>
#include <map>
#include <random>

#include <fmt/ranges.h>
#include <gtest/gtest.h>

#include "processors/core/hash.h"
#include "tests/fold/scope_specs.h"

namespace weir::fold {
namespace {

using aggregates::Dimension;
using aggregates::Duration;
using aggregates::InferenceAggregate;
using events::EventColumns;
using events::EventRow;
using events::Number;
using events::Text;

constexpr TimeUs kStart = 1'700'000'000 * kSecondUs;
constexpr std::size_t kBudget = 64 << 20;

/// "scope/tier/pane series" of every delta, to its aggregate.
using Deltas = std::map<std::string, InferenceAggregate>;

std::string key_of(std::uint32_t scope, std::uint32_t tier, std::int64_t pane,
                   std::string_view series) {
  return fmt::format("{}/{}/{} {}", scope, tier, pane, series);
}

/// The plain reference: an event at a time, every scope for itself.
class Reference {
 public:
  explicit Reference(std::shared_ptr<const aggregates::Definitions> definitions)
      : definitions_(std::move(definitions)) {}

  bool add(const EventRow& row, TimeUs watermark) {
    bool taken = false;
    for (std::uint32_t s = 0; s < definitions_->scopes().size(); ++s) {
      const aggregates::Scope& scope = definitions_->scopes()[s];
      const int tier = scope.plan.tier_for(row.event_time_us, watermark);
      if (tier < 0) continue;
      taken = true;
      std::vector<std::string_view> values;
      for (const Dimension dimension : scope.dimensions)
        values.push_back(row.texts[static_cast<std::size_t>(dimension)]);
      const DurationUs span = definitions_->tiers()[static_cast<std::size_t>(tier)].span_us;
      add(row, scope, tier == 0,
          deltas[key_of(s, static_cast<std::uint32_t>(tier), row.event_time_us / span,
                        aggregates::encode_series(values))]);
    }
    return taken;
  }

  Deltas deltas;

 private:
  static void add(const EventRow& row, const aggregates::Scope& scope, bool seconds,
                  InferenceAggregate& into) {
    aggregates::Counters& counters = into.counters;
    ++counters.status[aggregates::status_counter(static_cast<std::uint32_t>(row.status))];
    if (seconds) ++counters.seconds[static_cast<std::size_t>(row.event_time_us / kSecondUs % 10)];
    constexpr std::array kPlain = {
        std::pair(Duration::latency, Number::latency), std::pair(Duration::ttft, Number::ttft),
        std::pair(Duration::queue, Number::queue), std::pair(Duration::compute, Number::compute),
        std::pair(Duration::network, Number::network)};
    const auto add_duration = [&](Duration which, std::int64_t value) {
      const auto d = static_cast<std::size_t>(which);
      into.durations[d].add(static_cast<std::uint64_t>(value), scope.sketched[d]);
    };
    for (const auto& [duration, number] : kPlain)
      if (row.has(number)) add_duration(duration, row.number(number));
    const std::int64_t decode = row.number(Number::latency) - row.number(Number::ttft);
    const std::int64_t tokens = row.number(Number::output_tokens) - 1;
    if (row.has(Number::latency) && row.has(Number::ttft) && decode >= 0 && tokens >= 1)
      add_duration(Duration::tpot, (2 * decode + tokens) / (2 * tokens));
    const auto add_sum = [&row](Number which, std::optional<std::uint64_t>& sum) {
      if (row.has(which)) sum = sum.value_or(0) + static_cast<std::uint64_t>(row.number(which));
    };
    add_sum(Number::input_tokens, counters.input_tokens);
    add_sum(Number::output_tokens, counters.output_tokens);
    add_sum(Number::cached_tokens, counters.cached_tokens);
    add_sum(Number::retry_count, counters.retries);
    if (row.has(Number::cold_start))
      counters.add_cold_start(static_cast<std::uint64_t>(row.number(Number::cold_start)));
    counters.low_confidence.known += row.flags >> 1 & 1;
    counters.low_confidence.yes += row.flags & 1;
    counters.abnormal_input.known += row.flags >> 3 & 1;
    counters.abnormal_input.yes += row.flags >> 2 & 1;
    if (scope.distinct_users && row.user_hash != 0) into.users.add(row.user_hash);
    if (scope.distinct_tenants && !row.text(Text::tenant).empty())
      into.tenants.add(hash64(row.text(Text::tenant)));
  }

  std::shared_ptr<const aggregates::Definitions> definitions_;
};

/// Random events whose columns are absent, partly or all there, by seed.
class Events {
 public:
  explicit Events(std::uint64_t seed) : random_(seed) {
    for (auto& spread : spreads_) spread = 1 + below(seed % 3 == 0 ? 300 : 4);
    for (auto& percent : absent_percent_) percent = below(4) * 33;
    status_percent_ = below(3) * 50;
    wide_ = below(4) == 0;
    constant_ = below(8) == 0;
  }

  EventRow make() {
    EventRow row;
    row.event_time_us = kStart + static_cast<TimeUs>(below(25 * kSecondUs));
    for (std::size_t k = 0; k < aggregates::kDimensions; ++k)
      if (const std::uint64_t pick = below(spreads_[k]); pick != 0)
        row.texts[k] =
            texts_.emplace_back(pick % 5 == 0 ? fmt::format("a name above sixteen bytes {}", pick)
                                              : fmt::format("{}", pick));
    for (std::size_t k = 0; k < events::kNumbers; ++k)
      if (below(100) >= absent_percent_[k]) row.set(static_cast<Number>(k), number());
    if (below(100) < status_percent_) row.status = static_cast<std::int32_t>(below(14));
    if (below(3) == 0) row.set_low_confidence(below(2) == 0);
    if (below(3) == 0) row.set_abnormal_input(below(2) == 0);
    if (below(3) == 0) row.user_hash = random_();
    return row;
  }

 private:
  std::uint64_t below(std::uint64_t limit) { return random_() % limit; }

  std::int64_t number() {
    if (constant_) return 2'000'000;
    if (wide_ && below(50) == 0) return static_cast<std::int64_t>(random_() >> (14 + below(22)));
    return static_cast<std::int64_t>(random_() >> (34 + below(30)));
  }

  std::mt19937_64 random_;
  std::array<std::uint64_t, aggregates::kDimensions> spreads_{};
  std::array<std::uint64_t, events::kNumbers> absent_percent_{};
  std::uint64_t status_percent_ = 0;
  bool wide_ = false;
  bool constant_ = false;
  std::deque<std::string> texts_;
};

const std::vector<ScopeSpec> kScopes = {
    {{"service", "model"}, {"latency", "ttft"}},
    {{"tenant"}, {"latency", "ttft"}},
    {{"service"}, {"latency"}},
    {{}, {}},
    {{"region", "service", "model", "variant"}, {"tpot", "queue", "network"}, true},
    {{"variant", "region"}, {}, true},
    {{"host"}, {"latency", "ttft", "tpot", "queue", "compute", "network"}, false, kMinuteUs},
};

struct Outcome {
  std::vector<std::string> written;  // deltas as they left
  Deltas deltas;
  Deltas expected;
};

void drain_into(Accumulator& accumulator, Outcome& run) {
  accumulator.drain([&run](const Delta& delta) {
    const std::string key = key_of(delta.scope, delta.tier, delta.pane, delta.series);
    run.written.push_back(fmt::format("{} {}", key, delta.aggregate));
    ASSERT_TRUE(run.deltas[key].merge_same_encoded(delta.aggregate));
  });
}

/// Batches of every size, with events left out, late ones, and commits between.
Outcome fold_random_events(std::uint64_t seed, const Kernels& kernels,
                           std::size_t budget = kBudget) {
  const auto definitions = define(kScopes);
  Accumulator accumulator(definitions, budget, kernels);
  Reference reference(definitions);
  Events events(seed);
  std::mt19937_64 random(seed);
  Outcome run;
  for (int batch = 0; batch < 4; ++batch) {
    EventColumns columns;
    std::vector<std::uint8_t> skip;
    for (std::size_t left = random() % 600; left > 0; --left) {
      EventRow row = events.make();
      const bool late = random() % 20 == 0;
      if (late) row.event_time_us -= static_cast<TimeUs>(random() % (2 * kDayUs));
      skip.push_back(late || random() % 20 == 0);
      columns.append(row);
      if (late)
        EXPECT_EQ(accumulator.add_late(columns, columns.count - 1, kStart),
                  reference.add(row, kStart));
      else if (skip.back() == 0)
        reference.add(row, kMinTime);
    }
    accumulator.add(columns, skip);
    if (accumulator.full() || random() % 3 == 0) drain_into(accumulator, run);
  }
  drain_into(accumulator, run);
  EXPECT_TRUE(accumulator.empty());
  run.expected = std::move(reference.deltas);
  return run;
}

void expect_same(const Outcome& run) {
  ASSERT_EQ(run.deltas.size(), run.expected.size());
  for (const auto& [key, aggregate] : run.expected) {
    ASSERT_TRUE(run.deltas.contains(key)) << key;
    ASSERT_TRUE(run.deltas.at(key) == aggregate) << key;
  }
}

TEST(Accumulator, AddsUpToThePlainReference) {
  for (std::uint64_t seed = 0; seed < 10; ++seed) {
    SCOPED_TRACE(seed);
    expect_same(fold_random_events(seed, kPortableKernels));
    if (HasFatalFailure()) return;
  }
}

TEST(Accumulator, GivesTheSameBytesWithEveryKernel) {
  for (std::uint64_t seed = 0; seed < 10; ++seed)
    ASSERT_EQ(fold_random_events(seed, best_kernels()).written,
              fold_random_events(seed, kPortableKernels).written)
        << seed;
}

TEST(Accumulator, ForgetsNamesAboveAQuarterOfItsBudget) {
  for (std::uint64_t seed = 0; seed < 4; ++seed) {
    SCOPED_TRACE(seed);
    expect_same(fold_random_events(seed, best_kernels(), 1));
    if (HasFatalFailure()) return;
  }
}

/// Adds one event very often: every narrow counter is swept, every bin spills.
TEST(Accumulator, SweepsBeforeCountersWrap) {
  const auto definitions = define({{{"service"}, {"latency"}}});
  EventRow row;
  row.event_time_us = kStart;
  row.text(Text::service) = "code";
  row.set(Number::latency, kLaneLimit - 1);
  row.set(Number::ttft, 1);
  row.set(Number::output_tokens, 2);
  EventColumns columns;
  for (int i = 0; i < 1'000; ++i) columns.append(row);
  Accumulator accumulator(definitions, kBudget);
  for (int i = 0; i < 200; ++i) accumulator.add(columns);
  Outcome run;
  drain_into(accumulator, run);

  ASSERT_EQ(run.deltas.size(), 1u);
  const InferenceAggregate& aggregate = run.deltas.begin()->second;
  EXPECT_EQ(aggregate.requests(), 200'000u);
  EXPECT_EQ(aggregate.counters.seconds[0], 200'000u);
  EXPECT_EQ(aggregate.counters.output_tokens, 400'000u);
  const auto& latency = aggregate.durations[static_cast<std::size_t>(Duration::latency)];
  EXPECT_EQ(latency.stats.sum_us, 200'000ull * (kLaneLimit - 1));
  EXPECT_EQ(latency.sketch.bin_count(sketches::ddsketch_bin(kLaneLimit - 1)), 200'000u);
  const auto& tpot = aggregate.durations[static_cast<std::size_t>(Duration::tpot)];
  EXPECT_EQ(tpot.stats.max_us, kLaneLimit - 2);
}

TEST(Accumulator, RoundsTimePerTokenHalfUp) {
  const auto definitions = define({{{}, {}}});
  const auto tpot = [&definitions](std::int64_t latency, std::int64_t ttft, std::int64_t tokens) {
    EventRow row;
    row.event_time_us = kStart;
    row.set(Number::latency, latency);
    row.set(Number::ttft, ttft);
    row.set(Number::output_tokens, tokens);
    EventColumns columns;
    columns.append(row);
    Accumulator accumulator(definitions, kBudget);
    accumulator.add(columns);
    Outcome run;
    drain_into(accumulator, run);
    const auto& stats = run.deltas.begin()->second.durations[2].stats;
    return stats.count == 0 ? std::string("none") : fmt::format("{}", stats.sum_us);
  };
  EXPECT_EQ(tpot(105, 100, 11), "1");  // 0.5
  EXPECT_EQ(tpot(104, 100, 11), "0");  // 0.4
  EXPECT_EQ(tpot(115, 100, 11), "2");  // 1.5
  EXPECT_EQ(tpot(100, 100, 2), "0");
  EXPECT_EQ(tpot(99, 100, 2), "none");
  EXPECT_EQ(tpot(200, 100, 1), "none");
  EXPECT_EQ(tpot(2'147'483'647, 0, 2'147'483'647), "1");
  EXPECT_EQ(tpot(1'000'000'000'000, 0, 3), "500000000000");
}

TEST(Accumulator, CountsAFlagOnlyWhereItIsKnown) {
  const auto definitions = define({{{}, {}}});
  // Of this event and of one that knows both flags, and that neither is set.
  const auto flags = [&definitions](std::uint32_t told, const Kernels& kernels) {
    EventColumns columns;
    for (const std::uint32_t each : {told, std::uint32_t{0x0A}}) {
      EventRow row;
      row.event_time_us = kStart;
      row.flags = static_cast<std::uint8_t>(each);
      columns.append(row);
    }
    Accumulator accumulator(definitions, kBudget, kernels);
    accumulator.add(columns);
    Outcome run;
    drain_into(accumulator, run);
    const aggregates::Counters& counters = run.deltas.begin()->second.counters;
    return fmt::format("{}/{} {}/{}", counters.low_confidence.yes, counters.low_confidence.known,
                       counters.abnormal_input.yes, counters.abnormal_input.known);
  };
  for (const Kernels* const kernels : {&kPortableKernels, &best_kernels()}) {
    EXPECT_EQ(flags(v1::INFERENCE_FLAG_LOW_CONFIDENCE, *kernels), "0/1 0/1");
    EXPECT_EQ(flags(v1::INFERENCE_FLAG_LOW_CONFIDENCE_KNOWN, *kernels), "0/2 0/1");
    EXPECT_EQ(flags(v1::INFERENCE_FLAG_ABNORMAL_INPUT, *kernels), "0/1 0/1");
    EXPECT_EQ(flags(0x0F, *kernels), "1/2 1/2");
    EXPECT_EQ(flags(0xF0, *kernels), "0/1 0/1");
  }
}

TEST(Accumulator, WritesDeltasInTheOrderOfTheirEvents) {
  const auto definitions = define({{{"service"}, {}}, {{"service", "model"}, {}}});
  EventColumns columns;
  for (const auto& [service, model] :
       {std::pair("b", "x"), std::pair("a", "x"), std::pair("b", "y")}) {
    EventRow row;
    row.event_time_us = kStart;
    row.text(Text::service) = service;
    row.text(Text::model) = model;
    columns.append(row);
  }
  Accumulator accumulator(definitions, kBudget);
  accumulator.add(columns);
  std::string order;
  accumulator.drain([&](const Delta& delta) {
    const auto values = aggregates::decode_series(delta.series, delta.scope + 1).value();
    order += fmt::format("{}:{} ", delta.scope, fmt::join(values, ","));
  });
  EXPECT_EQ(order, "1:b,x 1:a,x 1:b,y 0:b 0:a ");
}

TEST(Accumulator, IsFullAtItsBudgetAndEmptyAfterwards) {
  const auto definitions = define({{{"tenant"}, {"latency"}}});
  Accumulator accumulator(definitions, 1 << 20);
  EXPECT_FALSE(accumulator.full());
  Events events(3);
  while (!accumulator.full()) {
    EventColumns columns;
    for (int i = 0; i < 100; ++i) columns.append(events.make());
    accumulator.add(columns);
    ASSERT_LT(accumulator.bytes(), std::size_t{2} << 20);
  }
  accumulator.drain([](const Delta&) {});
  EXPECT_FALSE(accumulator.full());
  EXPECT_LT(accumulator.bytes(), std::size_t{1} << 18);
}

}  // namespace
}  // namespace weir::fold
