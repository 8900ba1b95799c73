#include "processors/kpi/kpi.h"

#include <gtest/gtest.h>

#include "tests/kpi/kpi_task.h"

namespace weir::kpi {
namespace {

TEST(Kpi, TellsAWindowWhereItChangedOrEmptiedAndElseNot) {
  KpiTask task;
  EXPECT_EQ(task.say({.watermark = 9, .events = {{3}, {4}, {4}}}), "");
  EXPECT_EQ(task.say({.watermark = 10}), "code @10 20s/10s n=3 peak=2\n");
  EXPECT_EQ(task.say({.watermark = 29, .events = {{12, "chat"}}}), "chat @20 20s/10s n=1\n");
  EXPECT_EQ(task.say({.watermark = 100}),
            "code @30 20s/10s n=0\n"
            "chat @40 20s/10s n=0\n");
}

TEST(Kpi, TellsTheWindowsThatAreDueInOneResult) {
  KpiTask task(rules({"10s/10s", "1m/10s", "1m/1m"}));
  EXPECT_EQ(task.say({.watermark = 30, .events = {{3}}}),
            "code @10 10s/10s n=1\n"
            "code @10 1m/10s n=1\n"
            "code @20 10s/10s n=0\n");
  EXPECT_EQ(task.say({.watermark = 130, .events = {{75}}}),
            "code @60 1m/1m n=1\n"
            "code @70 1m/10s n=0\n"
            "code @80 10s/10s n=1\n"
            "code @80 1m/10s n=1\n"
            "code @90 10s/10s n=0\n"
            "code @120 1m/1m n=1\n");
}

TEST(Kpi, LateEventsRestateEveryTickTheyTouchWhenTimeNextMoves) {
  KpiTask task;
  EXPECT_EQ(task.say({.watermark = 21, .events = {{3}, {13}}}),
            "code @10 20s/10s n=1\n"
            "code @20 20s/10s n=2\n");
  EXPECT_EQ(task.say({.watermark = 24, .events = {{3}}}), "");
  EXPECT_EQ(task.say({.watermark = 30, .events = {{4}}}),
            "code @10 20s/10s n=3 peak=2 was 1 +2\n"
            "code @20 20s/10s n=4 peak=2 was 2 +2\n"
            "code @30 20s/10s n=1\n");
}

TEST(Kpi, ALateEventInANewPaneTellsAlsoWhereItLeft) {
  KpiTask task;
  EXPECT_EQ(task.say({.watermark = 41, .events = {{3}}}),
            "code @10 20s/10s n=1\n"
            "code @30 20s/10s n=0\n");
  EXPECT_EQ(task.say({.watermark = 50, .events = {{13}}}),
            "code @20 20s/10s n=2 was 1 +1\n"
            "code @30 20s/10s n=1 was 0 +1\n"
            "code @40 20s/10s n=0 was 0 +0\n");
}

TEST(Kpi, ALateEventOfANewSeriesRestatesNothingToSomething) {
  KpiTask task;
  EXPECT_EQ(task.say({.watermark = 20, .events = {{12}}}), "code @20 20s/10s n=1\n");
  EXPECT_EQ(task.say({.watermark = 30, .events = {{14, "chat"}}}),
            "chat @20 20s/10s n=1 was 0 +1\n");
}

TEST(Kpi, ALatePartOfASecondCountsToItsPeak) {
  KpiTask task(rules({"1m/10s", "5m/1m"}));
  EXPECT_EQ(task.say({.watermark = 60, .events = {{3}, {3}}}),
            "code @10 1m/10s n=2 peak=2\n"
            "code @60 5m/1m n=2 peak=2\n");
  EXPECT_EQ(task.say({.watermark = 70, .events = {{33}}}),
            "code @40 1m/10s n=3 peak=2 was 2 +1\n"
            "code @50 1m/10s n=3 peak=2 was 2 +1\n"
            "code @60 1m/10s n=3 peak=2 was 2 +1\n"
            "code @60 5m/1m n=3 peak=2 was 2 +1\n"
            "code @70 1m/10s n=1\n");
}

TEST(Kpi, WhatEnteredACoarseTierShowsInItsWindowsOnly) {
  KpiTask task(rules({"2m/10s", "2m/1m"}));
  EXPECT_EQ(task.say({.watermark = 125, .events = {{3}}}),
            "code @10 2m/10s n=1\n"
            "code @60 2m/1m n=1\n");
  EXPECT_EQ(task.say({.watermark = 131, .events = {{30, "code", 1}}}),
            "code @60 2m/1m n=2 was 1 +1\n"
            "code @120 2m/1m n=2 was 1 +1\n"
            "code @130 2m/10s n=0\n");
  EXPECT_EQ(task.say({.watermark = 180}), "code @180 2m/1m n=0\n");
}

TEST(Kpi, APartitionThatStallsIsLeftOutMarkedAndToldAgain) {
  KpiTask task(rules(), {.stall_after_us = kMinuteUs}, 2);
  EXPECT_EQ(task.say({.partition = 0, .watermark = 5}), "");
  EXPECT_EQ(task.say({.partition = 1, .watermark = 5}), "");
  EXPECT_EQ(task.say({.partition = 0, .watermark = 66, .events = {{40}, {58}}}),
            "code @50 20s/10s n=1 incomplete\n"
            "code @60 20s/10s n=2 incomplete\n");
  // Still behind: what its late events touch is told, and not more.
  EXPECT_EQ(task.say({.partition = 1, .watermark = 46, .events = {{44}}, .at = 67}), "");
  EXPECT_EQ(task.say({.partition = 0, .watermark = 70}),
            "code @50 20s/10s n=2 was 1 +1 incomplete\n"
            "code @60 20s/10s n=3 was 2 +1 incomplete\n"
            "code @70 20s/10s n=1 incomplete\n");
  EXPECT_EQ(task.say({.partition = 1, .watermark = 76}), "");
  EXPECT_EQ(task.say({.partition = 0, .watermark = 81}), "");
  EXPECT_EQ(task.say({.partition = 1, .watermark = 81}),
            "code @50 20s/10s n=2 was 2 +0\n"
            "code @60 20s/10s n=3 was 3 +0\n"
            "code @70 20s/10s n=1 was 1 +0\n"
            "code @80 20s/10s n=0\n");
}

TEST(Kpi, ASeriesThatIsQuietByThenIsToldAgainToo) {
  v1::Definitions definitions = rules({"10s/10s"});
  for (v1::TierDefinition& tier : *definitions.mutable_tier()) tier.set_lateness_us(kHourUs);
  KpiTask task(definitions, {.stall_after_us = kMinuteUs}, 2);
  task.say({.partition = 0, .watermark = 5});
  task.say({.partition = 1, .watermark = 5});
  EXPECT_EQ(task.say({.partition = 0, .watermark = 200, .events = {{12}}}),
            "code @20 10s/10s n=1 incomplete\n"
            "code @30 10s/10s n=0 incomplete\n");
  task.say({.partition = 1, .watermark = 205});
  EXPECT_EQ(task.say({.partition = 0, .watermark = 211}), "");
  EXPECT_EQ(task.say({.partition = 1, .watermark = 210}),
            "code @20 10s/10s n=1 was 1 +0\n"
            "code @30 10s/10s n=0 was 0 +0\n");
}

TEST(Kpi, WhatCannotBeToldAgainIsCountedAndStaysMarked) {
  KpiTask task(rules(), {.stall_after_us = kMinuteUs}, 2);
  task.say({.partition = 0, .watermark = 5});
  task.say({.partition = 1, .watermark = 5});
  EXPECT_EQ(task.say({.partition = 0, .watermark = 100, .events = {{45}, {63}}}),
            "code @50 20s/10s n=1 incomplete\n"
            "code @70 20s/10s n=1 incomplete\n"
            "code @90 20s/10s n=0 incomplete\n");
  // 30 s late is what the tier keeps: ends after 70 can be told again, and no other.
  task.say({.partition = 1, .watermark = 110, .events = {{44}, {45}, {63}, {69}}});
  EXPECT_EQ(task.say({.partition = 0, .watermark = 110}),
            "code @80 20s/10s n=3 peak=2 was 1 +2\n"
            "code @90 20s/10s n=0 was 0 +0\n");
  EXPECT_EQ(task.probe.lost_events.value(), 4U);
}

TEST(Kpi, AHistoryEndsEachWindowAtItsFirstEndAfterTheLastEvent) {
  KpiTask task(rules({"20s/10s", "2m/1m"}), {.history = true}, 2);
  EXPECT_EQ(task.say({.partition = 0, .watermark = 70, .events = {{3}, {75}}, .end = true}), "");
  EXPECT_EQ(task.say({.partition = 1, .watermark = 13, .events = {{18}}, .end = true}),
            "code @10 20s/10s n=1\n"
            "code @20 20s/10s n=2\n"
            "code @30 20s/10s n=1\n"
            "code @40 20s/10s n=0\n"
            "code @60 2m/1m n=2\n"
            "code @80 20s/10s n=1\n"
            "code @120 2m/1m n=3\n");
}

TEST(Kpi, AHistoryWithoutEventsTellsNothing) {
  KpiTask task(rules(), {.history = true});
  auto batch = task.batch({.end = true});
  batch.set_last_part(true);
  batch.set_watermark_us(kMinTime);
  batch.set_greatest_event_time_us(kMinTime);
  ASSERT_TRUE(task.take(batch.SerializeAsString()));
  while (task.processor().in_step()) ASSERT_TRUE(task.resume());
  EXPECT_EQ(task.told(), "");
}

TEST(Kpi, SeriesAboveTheCapAreCountedTogether) {
  KpiTask task(rules(), {.max_series = 1});
  EXPECT_EQ(task.say({.watermark = 10, .events = {{1, "a"}, {2, "b"}, {2, "c"}, {3, "a"}}}),
            "a @10 20s/10s n=2\n"
            "__other__ (overflow) @10 20s/10s n=2 peak=2\n");
  EXPECT_EQ(task.probe.overflow_deltas.value(), 2U);
}

/// A piece of everything, for tests of what must not matter to it.
std::string tell_everything(KpiTask& task) {
  std::string text;
  text += task.say({.partition = 0, .watermark = 5, .events = {{1, "a"}, {2, "b"}, {2, "c"}}});
  text += task.say({.partition = 1, .watermark = 31, .events = {{1, "a"}, {25, "d"}}});
  text += task.say({.partition = 0, .watermark = 31, .events = {{27, "c"}}});
  text += task.say({.partition = 1, .watermark = 105, .events = {{24, "c"}, {99, "a"}}});
  text += task.say({.partition = 0, .watermark = 50, .events = {{25, "b"}, {13, "a"}}, .at = 105});
  text += task.say({.partition = 0, .watermark = 3'599, .events = {{170, "b", 1}}, .at = 3'599});
  text += task.say({.partition = 1, .watermark = 3'606, .events = {{3'599, "d"}}});
  text += task.say({.partition = 0, .watermark = 3'606, .at = 3'606});
  text += task.say({.partition = 1, .watermark = 8'000, .events = {{7'400, "e"}}});
  text += task.say({.partition = 0, .watermark = 8'000, .at = 8'000});
  return text;
}

TEST(Kpi, TellsTheSameWhereverACommitAndARestartFall) {
  const v1::Definitions definitions = rules({"20s/10s", "2m/1m", "10m/10s"});
  for (const std::uint64_t budget : {1U, 1'000U, 1U << 20}) {
    SCOPED_TRACE(budget);
    const Config config{.max_series = 3, .stall_after_us = kMinuteUs};
    KpiTask whole(definitions, config, 2);
    Config cut = config;
    cut.step_bytes = budget;
    KpiTask pieces(definitions, cut, 2);
    pieces.restart_always();

    const std::string expected = tell_everything(whole);
    EXPECT_EQ(tell_everything(pieces), expected);
    EXPECT_THAT(expected, testing::HasSubstr("incomplete"));
    EXPECT_THAT(expected, testing::HasSubstr("(overflow)"));
    EXPECT_THAT(expected, testing::HasSubstr("was"));
  }
}

TEST(Kpi, AStepThatWasNotCommittedIsToldOnceFromWhereItStood) {
  KpiTask task(rules(), {.step_bytes = 1});
  ASSERT_TRUE(task.take({.watermark = 10, .events = {{1, "a"}, {2, "b"}, {2, "c"}}}));
  ASSERT_TRUE(task.resume());  // the restating phase, then one series
  EXPECT_TRUE(task.processor().commit_required());
  task.commit();
  EXPECT_FALSE(task.processor().commit_required());
  ASSERT_TRUE(task.resume());
  task.restart();  // before the commit
  while (task.processor().in_step()) ASSERT_TRUE(task.resume());
  EXPECT_EQ(task.told(),
            "a @10 20s/10s n=1\n"
            "b @10 20s/10s n=1\n"
            "c @10 20s/10s n=1\n");
  EXPECT_EQ(task.probe.ticks.value(), 1U);
  EXPECT_EQ(task.probe.commits.value(), 1U);
}

TEST(Kpi, TakesNothingInAStep) {
  KpiTask task;
  EXPECT_EQ(task.take({.watermark = 10, .events = {{1}}}), 1U);
  EXPECT_TRUE(task.processor().in_step());
  EXPECT_EQ(task.take(task.batch({.watermark = 11}).SerializeAsString()), 0U);
}

TEST(Kpi, AnOpenPaneTakesAnyNumberOfDeltas) {
  KpiTask task(rules({"10s/10s"}));
  std::vector<Event> events;
  constexpr int kBatches = 300;
  constexpr int kEvents = 5;
  for (int i = 0; i < kEvents; ++i) events.push_back({i});
  for (int i = 0; i < kBatches; ++i) task.say({.watermark = 5, .events = events});
  task.commit();
  EXPECT_LT(task.stored_bytes("O"), 2 * 4'096);  // merged meanwhile
  EXPECT_EQ(task.say({.watermark = 10}), "code @10 10s/10s n=1500 peak=300\n");
}

TEST(Kpi, OnlyTheLastPartOfABatchMovesTime) {
  KpiTask task;
  EXPECT_EQ(task.say({.events = {{1}}}), "");
  task.commit();
  task.restart();
  EXPECT_EQ(task.say({.watermark = 10, .events = {{2}}}), "code @10 20s/10s n=2\n");
}

TEST(Kpi, ASeriesThatNothingDependsOnIsForgottenAndItsNumberReused) {
  KpiTask task(rules({"10s/10s"}));
  task.say({.watermark = 3'595, .events = {{1, "a"}, {2, "b"}, {3'590, "c"}}});
  EXPECT_EQ(task.say({.watermark = 3'600}), "c @3600 10s/10s n=1\n");
  task.commit();
  EXPECT_EQ(task.probe.admitted_series.value(), 3U);
  EXPECT_EQ(task.probe.retired_series.value(), 2U);
  EXPECT_THAT(task.keys("S"), testing::ElementsAre("5300000002"));
  for (const std::string& key : task.keys("P")) EXPECT_THAT(key, testing::StartsWith("5000000002"));

  // A series keeps its number when the task starts again, beside those that are free.
  task.restart();
  EXPECT_EQ(task.say({.watermark = 3'610, .events = {{3'605, "d"}, {3'605, "c"}}}),
            "d @3610 10s/10s n=1\n"
            "c @3610 10s/10s n=1\n");
  task.commit();
  EXPECT_THAT(task.keys("S"), testing::ElementsAre("5300000000", "5300000002"));
}

TEST(Kpi, SaysWhatItsSeriesTakeInMemoryWhileItKnowsThem) {
  KpiTask task(rules({"10s/10s"}));
  std::vector<Event> events;
  for (int i = 0; i < 1'000; ++i) events.push_back({.at = 1, .service = std::to_string(i)});
  events.push_back({3'590, "code"});
  const std::size_t before = task.processor().memory_bytes();
  task.say({.watermark = 3'595, .events = events});
  const std::size_t with_series = task.processor().memory_bytes();
  task.say({.watermark = 3'600});  // all but one are forgotten

  EXPECT_GT(with_series, before + 1'000 * sizeof(Series));
  EXPECT_LT(task.processor().memory_bytes(), with_series - 999 * sizeof(Series));
}

TEST(Kpi, EverythingTogetherIsASeriesThatNeverOverflows) {
  v1::Definitions definitions = rules();
  definitions.mutable_scope(0)->clear_dimension();
  KpiTask task(definitions, {.max_series = 1});
  EXPECT_EQ(task.say({.watermark = 10, .events = {{1}}}), " @10 20s/10s n=1\n");
  task.commit();
  task.restart();
  EXPECT_EQ(task.say({.watermark = 20, .events = {{11}}}), " @20 20s/10s n=2\n");
}

TEST(Kpi, RulesThatChangeLeaveAloneWhatTheyDoNotChange) {
  v1::Definitions more = rules();
  more.mutable_scope()->Add()->CopyFrom(rules({"10s/10s"}).scope(0));
  more.mutable_scope(1)->clear_dimension();
  KpiTask task;
  task.say({.watermark = 5, .events = {{1}}});
  const auto say = [&task, &more](Said said) {
    v1::PartialBatch batch = task.batch(said);
    *batch.mutable_definitions() = more;
    batch.set_definitions_hash(aggregates::Definitions::make(more).value()->hash());
    v1::PaneDelta& everything = *batch.add_delta();
    everything = batch.delta(0);
    everything.set_scope(1);
    everything.clear_series();
    EXPECT_EQ(task.take(batch.SerializeAsString()), 1U);
    while (task.processor().in_step()) EXPECT_TRUE(task.resume());
    return task.told();
  };
  EXPECT_EQ(say({.watermark = 10, .events = {{2}}}),
            "code @10 20s/10s n=2\n"
            " @10 10s/10s n=1\n");
  task.commit();
  task.restart();
  EXPECT_EQ(say({.watermark = 20, .events = {{12}}}),
            "code @20 20s/10s n=3\n"
            " @20 10s/10s n=1\n");
  task.commit();
  EXPECT_THAT(task.keys("D"), testing::ElementsAre("4400000000", "4400000001"));
  EXPECT_THAT(task.keys("S"), testing::ElementsAre("5300000000", "5300000001"));
}

TEST(Kpi, WhatBreaksTheRuntimesPromiseStopsTheTask) {
  const auto outcome = [](auto damage) {
    KpiTask task;
    task.say({.watermark = 1});
    v1::PartialBatch batch = task.batch({.watermark = 2, .events = {{1}}});
    damage(batch);
    const auto taken = task.take(batch.SerializeAsString());
    return taken ? std::string("taken") : taken.error().message;
  };
  EXPECT_EQ(outcome([](v1::PartialBatch&) {}), "taken");
  EXPECT_EQ(outcome([](v1::PartialBatch& batch) { batch.set_version(2); }),
            "partial batch at offset 1: version 2, this binary reads 1");
  EXPECT_EQ(outcome([](v1::PartialBatch& batch) { batch.set_begin_offset(9); }),
            "partial batch at offset 1: raw partition 0: a batch covers offsets 9 to 20, but the "
            "last one ended at 10; something was doubled between fold and here");
  EXPECT_EQ(outcome([](v1::PartialBatch& batch) { batch.set_begin_offset(11); }),
            "partial batch at offset 1: raw partition 0: a batch covers offsets 11 to 20, but the "
            "last one ended at 10; something was lost between fold and here. Replay the raw "
            "records into a new directory; on Kafka, `weir run --accept-loss` goes on without it");
  EXPECT_EQ(outcome([](v1::PartialBatch& batch) {
              batch.clear_definitions();
              batch.set_definitions_hash(7);
            }),
            "partial batch at offset 1: raw partition 0: deltas under definitions "
            "0000000000000007, whose text never came");
  EXPECT_EQ(outcome([](v1::PartialBatch& batch) { batch.mutable_delta(0)->set_scope(1); }),
            "partial batch at offset 1: a delta of scope 1, where only 1 are defined");
  EXPECT_EQ(outcome([](v1::PartialBatch& batch) { batch.mutable_delta(0)->set_tier(3); }),
            "partial batch at offset 1: a delta of tier 3, of 3");
  EXPECT_EQ(outcome([](v1::PartialBatch& batch) { batch.mutable_delta(0)->set_series("x"); }),
            "partial batch at offset 1: series 78: not 1 values");
  EXPECT_THAT(outcome([](v1::PartialBatch& batch) { batch.mutable_delta(0)->set_aggregate("x"); }),
              testing::StartsWith("partial batch at offset 1: "));

  KpiTask task;
  EXPECT_EQ(task.take("\xff").error().message, "partial batch at offset 0: not a PartialBatch");
}

}  // namespace
}  // namespace weir::kpi
