// What an accumulator holds at most, however many series come at once.
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "processors/fold/accumulator.h"
#include "tests/fold/scope_specs.h"

namespace weir::fold {
namespace {

using aggregates::InferenceAggregate;
using events::EventColumns;
using events::EventRow;
using events::Number;
using events::Text;

constexpr TimeUs kStart = 1'700'000'000 * kSecondUs;

// Windows of a minute: events enter tier 0, or up to an hour late tier 1.
const ScopeSpec kFine{
    .dimensions = {"tenant", "model"}, .sketches = {"latency", "ttft"}, .hop_us = kMinuteUs};
/// Is derived where the fine one is there.
const ScopeSpec kCoarse{.dimensions = {"tenant"}, .sketches = {"latency"}, .hop_us = kMinuteUs};

struct Outcome {
  std::map<std::uint32_t, std::size_t> written;       // deltas, by scope
  std::map<std::uint32_t, std::size_t> series_panes;  // that were written, by scope
  std::map<std::string, InferenceAggregate> merged;   // by "scope/tier/pane series"
};

Outcome drained(Accumulator& accumulator) {
  Outcome run;
  accumulator.drain([&run](const Delta& delta) {
    ++run.written[delta.scope];
    const auto [at, added] = run.merged.try_emplace(
        fmt::format("{}/{}/{} {}", delta.scope, delta.tier, delta.pane, delta.series));
    if (added) ++run.series_panes[delta.scope];
    ASSERT_TRUE(at->second.merge_same_encoded(delta.aggregate));
  });
  return run;
}

/// One event of each of so many tenants and models, in panes that go back and forth.
EventColumns many_series(std::size_t events, std::deque<std::string>& tenants) {
  EventColumns columns;
  for (std::size_t i = 0; i < events; ++i) {
    EventRow row;
    row.event_time_us = kStart + static_cast<TimeUs>(i * 7 % 30) * kSecondUs;
    row.text(Text::tenant) = tenants.emplace_back(fmt::format("tenant {}", i / 2));
    row.text(Text::model) = i % 2 == 0 ? "even" : "odd";
    row.set(Number::latency, static_cast<std::int64_t>(1'000 + i));
    row.set(Number::ttft, static_cast<std::int64_t>(i));
    columns.append(row);
  }
  return columns;
}

/// Of one block of one folded scope with two sketches, and what a chunk of slots rounds up.
constexpr std::size_t kBlockBytes =
    (kBlock + 64) * (sizeof(Slot) + 2 * sketches::kDdSketchPaddedBins);

TEST(AccumulatorMemory, KeepsFewSlotsOpenHoweverManySeriesABatchHas) {
  // given
  const auto definitions = define({kFine, kCoarse});
  std::deque<std::string> tenants;
  const EventColumns columns = many_series(10'000, tenants);
  constexpr std::size_t kSmall = 2 << 20;
  Accumulator small(definitions, kSmall);
  Accumulator large(definitions, std::size_t{1} << 30);

  // when
  small.add(columns);
  large.add(columns);
  const std::size_t slot_bytes = small.slot_bytes();
  const Outcome in_small = drained(small);
  const Outcome in_large = drained(large);

  // then
  EXPECT_LE(slot_bytes, kSmall / 2 + kBlockBytes);
  EXPECT_TRUE(in_small.merged == in_large.merged);
}

TEST(AccumulatorMemory, KeepsFewSlotsOpenHoweverManySeriesComeLate) {
  // given
  const auto definitions = define({kFine});
  std::deque<std::string> tenants;
  const EventColumns columns = many_series(4'000, tenants);
  constexpr std::size_t kSmall = 1 << 20;
  Accumulator small(definitions, kSmall);
  Accumulator large(definitions, std::size_t{1} << 30);

  // when
  for (std::size_t event = 0; event < columns.count; ++event) {
    ASSERT_TRUE(small.add_late(columns, event, kStart + kHourUs / 2));
    ASSERT_TRUE(large.add_late(columns, event, kStart + kHourUs / 2));
  }
  const std::size_t slot_bytes = small.slot_bytes();
  const Outcome in_small = drained(small);
  const Outcome in_large = drained(large);

  // then
  EXPECT_LE(slot_bytes, kSmall / 2 + kBlockBytes);
  EXPECT_TRUE(in_small.merged == in_large.merged);
}

TEST(AccumulatorMemory, GivesSlotsBackOnceFewAreUsed) {
  const auto definitions = define({kFine});
  std::deque<std::string> tenants;
  const EventColumns many = many_series(2'000, tenants);
  const EventColumns few = many_series(10, tenants);
  Accumulator accumulator(definitions, std::size_t{1} << 30);
  accumulator.add(many);
  accumulator.drain([](const Delta&) {});
  const std::size_t used = accumulator.slot_bytes();
  accumulator.drain([](const Delta&) {});
  EXPECT_EQ(accumulator.slot_bytes(), used);  // an empty commit says nothing
  accumulator.add(few);
  accumulator.drain([](const Delta&) {});
  EXPECT_LT(accumulator.slot_bytes(), used / 4);
}

TEST(AccumulatorMemory, CountsWhatDerivedScopesNoteAndWritesEachPaneOnce) {
  // given
  std::deque<std::string> tenants;
  const EventColumns columns = many_series(20'000, tenants);
  Accumulator alone(define({kFine}), 2 << 20);
  Accumulator both(define({kFine, kCoarse}), 2 << 20);

  // when
  alone.add(columns);
  both.add(columns);
  const std::size_t noted = both.bytes() - alone.bytes();
  const Outcome run = drained(both);

  // then
  EXPECT_GT(noted, 20'000 * 16u);
  EXPECT_LT(noted, 20'000 * 250u);  // with names; an aggregate alone takes 750
  EXPECT_EQ(run.written.at(1), run.series_panes.at(1));
  EXPECT_LT(both.bytes(), std::size_t{2} << 18);
}

}  // namespace
}  // namespace weir::fold
