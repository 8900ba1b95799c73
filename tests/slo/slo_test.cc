#include "processors/slo/slo.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/slo/slo_task.h"

namespace weir::slo {
namespace {

TEST(Slo, TellsALedgerWhereSomethingEnteredOrLeftAndElseNot) {
  SloTask task(objectives({objective()}), {.silence = {.after_us = 0}});
  task.show_windows = true;
  EXPECT_EQ(task.say({.watermark = 9, .events = {{3, 9, 1}}}), "");
  EXPECT_EQ(task.say({.watermark = 10}), "chat @10 9/10 5m=9/10 30m=9/10 1h=9/10\n");
  EXPECT_EQ(task.say({.watermark = 299}), "");
  EXPECT_EQ(task.say({.watermark = 310, .events = {{305, 5}}}),
            "chat @310 14/15 5m=5/5 30m=14/15 1h=14/15\n");
  EXPECT_EQ(task.say({.watermark = 4'000}),
            "chat @610 14/15 5m=0/0 30m=14/15 1h=14/15\n"
            "chat @1810 14/15 5m=0/0 30m=5/5 1h=14/15\n"
            "chat @2110 14/15 5m=0/0 30m=0/0 1h=14/15\n"
            "chat @3610 5/5 ever 14/15 5m=0/0 30m=0/0 1h=5/5\n"
            "chat @3910 0/0 ever 14/15 5m=0/0 30m=0/0 1h=0/0\n"
            "chat @3910 0/0 ever 14/15 5m=0/0 30m=0/0 1h=0/0 closed\n");
  task.commit();
  EXPECT_EQ(task.stored_keys(), 3U) << "head, objectives and version";
}

TEST(Slo, LateEventsCorrectEveryWindowTheyAreInAndSayWhatTheyDid) {
  SloTask task(objectives({objective()}));
  task.show_windows = true;
  task.say({.watermark = 700, .events = {{3, 9, 1}, {695, 10}}});
  EXPECT_EQ(task.say({.watermark = 705, .events = {{100, 1, 2}, {500, 0, 1}}}), "");
  EXPECT_EQ(task.say({.watermark = 710}),
            "chat @710 20/24 5m=10/11 30m=20/24 1h=20/24 late +1/+4 [100,510)\n");
  EXPECT_EQ(task.say({.watermark = 720}), "");
}

TEST(Slo, EventsOlderThanEveryWindowAreInTheLedgerAllTheSame) {
  SloTask task(objectives({objective()}));
  task.say({.watermark = 7'200, .events = {{3, 1}, {7'195, 1}}});
  EXPECT_EQ(task.say({.watermark = 7'210, .events = {{5, 1, 1}}}),
            "chat @7210 1/1 ever 3/4 late +1/+2 [0,10)\n");
}

TEST(Slo, ANewDefinitionBeginsANewLedgerAndClosesTheOld) {
  v1::ObjectiveDefinition definition = objective();
  *definition.add_condition() = condition(10, 5 * kMinuteUs, 0);
  SloTask task(objectives({definition}));
  task.say({.watermark = 10, .events = {{3, 1, 9}}});
  definition.set_target_ppb(900'000'000);
  task.define(objectives({definition}));
  EXPECT_EQ(task.say({.watermark = 20, .events = {{13, 1, 0}}}),
            "! chat page @10 FIRING -> QUIET: the objective's definition changed, or went\n"
            "chat @10 1/10 closed\n"
            "chat v2 @20 1/1\n");
  task.define(objectives({}));
  EXPECT_EQ(task.say({.watermark = 30}), "chat v2 @20 1/1 closed\n");
  task.define(objectives({definition}));
  EXPECT_EQ(task.say({.watermark = 40, .events = {{33, 1}}}), "chat v3 @40 1/1\n");
}

TEST(Slo, OtherConditionsLeaveALedgerThatHasNotBegunAlone) {
  v1::ObjectiveDefinition definition = objective();
  SloTask task(objectives({definition}));
  EXPECT_EQ(task.say({.watermark = 5, .events = {{3, 1, 9}}}), "");
  *definition.add_condition() = condition(10, 5 * kMinuteUs, 0);
  task.define(objectives({definition}));
  EXPECT_EQ(task.say({.watermark = 10}),
            "! chat page @10 QUIET -> FIRING: burns 90.0x over 5m, above 10x\n"
            "chat @10 1/10\n");
}

TEST(Slo, OtherConditionsLeaveTheLedgerAsItIs) {
  v1::ObjectiveDefinition definition = objective();
  SloTask task(objectives({definition}));
  task.say({.watermark = 10, .events = {{3, 1, 9}}});
  *definition.add_condition() = condition(10, 10 * kMinuteUs, 2 * kMinuteUs);
  task.define(objectives({definition}));
  task.show_windows = true;
  EXPECT_EQ(task.say({.watermark = 20}),
            "! chat page @20 QUIET -> FIRING: burns 90.0x over 10m and 90.0x over 2m, above 10x\n"
            "chat @20 1/10 2m=1/10 5m=1/10 10m=1/10 30m=1/10 1h=1/10\n");
}

TEST(Slo, MaintenanceIsLeftOutVisibly) {
  const Maintenance move{.from_us = kStart + 12 * kSecondUs,
                         .to_us = kStart + 30 * kSecondUs,
                         .reason = "database move"};
  SloTask task(objectives({objective()}), {.maintenance = {move}});
  EXPECT_EQ(task.say({.watermark = 40, .events = {{3, 1}, {13, 0, 5}, {23, 0, 5}, {33, 1}}}),
            "chat @10 1/1\n"
            "chat @20 1/1 excluded 0/5 (database move)\n"
            "chat @30 1/1 excluded 0/10 (database move)\n"
            "chat @40 2/2 excluded 0/10\n");
}

TEST(Slo, WhatIsToBeToldIsToldAfterARestartToo) {
  const Maintenance move{.from_us = kStart, .to_us = kStart + 10 * kSecondUs, .reason = "move"};
  SloTask task(objectives({objective()}), {.maintenance = {move}});
  task.say({.watermark = 40, .events = {{33, 1}}});
  task.say({.watermark = 45, .events = {{3, 0, 5}}});
  task.commit();
  task.restart();
  EXPECT_EQ(task.say({.watermark = 50}), "chat @50 1/1 excluded 0/5\n");
}

TEST(Slo, TimeslicesCountSlicesAndALateEventCanTurnOne) {
  v1::ObjectiveDefinition definition = objective();
  definition.set_method(v1::BUDGETING_METHOD_TIMESLICES);
  definition.set_slice_us(kMinuteUs);
  definition.set_slice_target_ppb(950'000'000);
  SloTask task(objectives({definition}));
  EXPECT_EQ(task.say({.watermark = 50, .events = {{3, 95, 5}, {45, 1}}}), "");
  EXPECT_EQ(task.say({.watermark = 120, .events = {{62, 9, 1}}}),
            "chat @60 1/1\n"
            "chat @120 1/2\n");
  EXPECT_EQ(task.say({.watermark = 130, .events = {{30, 0, 1}}}),
            "chat @130 0/2 late -1/+0 [50,60)\n");
}

TEST(Slo, RatioTimeslicesAverageTheRatiosOfSlices) {
  v1::ObjectiveDefinition definition = objective();
  definition.set_method(v1::BUDGETING_METHOD_RATIO_TIMESLICES);
  definition.set_slice_us(kMinuteUs);
  SloTask task(objectives({definition}));
  EXPECT_EQ(task.say({.watermark = 120, .events = {{3, 1, 1}, {65, 2, 1}}}),
            "chat @60 500000000/1000000000\n"
            "chat @120 1166666666/2000000000\n");
}

TEST(Slo, RatioTimeslicesAreCountedInSlicesForPeople) {
  v1::ObjectiveDefinition definition = objective();
  definition.set_method(v1::BUDGETING_METHOD_RATIO_TIMESLICES);
  definition.set_slice_us(kMinuteUs);
  *definition.add_condition() = condition(10, 5 * kMinuteUs, 0);
  definition.mutable_condition(0)->set_min_events(5);
  SloTask task(objectives({definition}));
  EXPECT_EQ(task.say({.watermark = 60, .events = {{3, 1, 3}}}),
            "! chat page @60 QUIET -> TOO_FEW: burns 75.0x over 5m, above 10x, on 0.75 bad of 1: "
            "below 5 nothing is said\n"
            "chat @60 250000000/1000000000\n");
}

TEST(Slo, ACalendarWindowBeginsAnew) {
  v1::ObjectiveDefinition definition = objective();
  definition.clear_window_us();
  definition.mutable_calendar()->set_unit("day");
  definition.mutable_calendar()->set_count(1);
  definition.mutable_calendar()->set_time_zone("UTC");
  definition.mutable_calendar()->set_start_us(kStart);
  SloTask task(objectives({definition}));
  EXPECT_EQ(task.say({.watermark = 86'400, .events = {{86'385, 1, 1}}}), "chat @86390 1/2\n");
  EXPECT_EQ(task.last().budget().length_us(), kDayUs);
  EXPECT_EQ(task.say({.watermark = 86'420, .events = {{86'415, 1}}}),
            "chat @86410 0/0 ever 1/2\n"
            "chat @86420 1/1 ever 2/3\n");
}

TEST(Slo, SeriesAboveTheCapAreOneLedger) {
  v1::ObjectiveDefinition definition = objective();
  definition.add_per("tenant");
  SloTask task(objectives({definition}), {.max_series = 2});
  EXPECT_EQ(
      task.say(
          {.watermark = 10,
           .events = {{3, 1, 0, {"a"}}, {3, 1, 0, {"b"}}, {3, 1, 0, {"c"}}, {3, 0, 1, {"d"}}}}),
      "chat{a} @10 1/1\n"
      "chat{b} @10 1/1\n"
      "chat{__other__} @10 1/2\n");
}

TEST(Slo, TellsThatTimePassed) {
  SloTask task(objectives({objective()}));
  task.show_time = true;
  EXPECT_EQ(task.say({.watermark = 35, .events = {{3, 1}}}), "chat @10 1/1\ntime 30\n");
  EXPECT_EQ(task.say({.watermark = 39}), "");
  EXPECT_EQ(task.say({.watermark = 40}), "time 40\n");
}

/// "chat" of each tenant, with a condition of five minutes.
v1::ObjectiveDefinition burning_objective() {
  v1::ObjectiveDefinition definition = objective();
  definition.add_per("tenant");
  *definition.add_condition() = condition(10, 5 * kMinuteUs, 0);
  return definition;
}

TEST(Slo, InACatchUpTellsTheTimeInBetweenBeforeWhatChanges) {
  SloTask task(objectives({burning_objective()}), {.silence = {.after_us = 0}});
  task.show_time = true;
  EXPECT_EQ(task.say({.watermark = 10, .events = {{3, 50, 50, {"a"}}}}),
            "! chat{a} page @10 QUIET -> FIRING: burns 50.0x over 5m, above 10x\n"
            "chat{a} @10 50/100\n"
            "time 10\n")
      << "nothing was before it";
  EXPECT_EQ(task.say({.watermark = 20, .events = {{13, 1'000, 0, {"a"}}}}),
            "! chat{a} page @20 FIRING -> QUIET: no longer burns above 10x: 4.5x over 5m\n"
            "chat{a} @20 1050/1100\n"
            "time 20\n")
      << "it was told already";
  EXPECT_EQ(
      task.say({.watermark = 500, .events = {{405, 0, 1'000, {"a"}}, {425, 20'000, 0, {"a"}}}}),
      "chat{a} @310 1050/1100\n"
      "chat{a} @320 1050/1100\n"
      "time 400\n"
      "! chat{a} page @410 QUIET -> FIRING: burns 100.0x over 5m, above 10x\n"
      "chat{a} @410 1050/2100\n"
      "time 420\n"
      "! chat{a} page @430 FIRING -> QUIET: no longer burns above 10x: 4.8x over 5m\n"
      "chat{a} @430 21050/22100\n"
      "time 500\n");
}

TEST(Slo, TheTimeBeforeATickIsToldOnceWhereverCommitsFall) {
  const auto told_with = [](bool restarts) {
    SloTask task(objectives({burning_objective()}), {.silence = {.after_us = 0}, .step_bytes = 1});
    task.show_time = true;
    if (restarts) task.restart_always();
    task.say({.watermark = 10, .events = {{3, 100, 0, {"a"}}, {3, 100, 0, {"b"}}}});
    return task.say({.watermark = 110, .events = {{95, 0, 100, {"a"}}, {95, 0, 100, {"b"}}}});
  };
  EXPECT_EQ(told_with(false),
            "time 90\n"
            "! chat{a} page @100 QUIET -> FIRING: burns 50.0x over 5m, above 10x\n"
            "chat{a} @100 100/200\n"
            "! chat{b} page @100 QUIET -> FIRING: burns 50.0x over 5m, above 10x\n"
            "chat{b} @100 100/200\n"
            "time 110\n");
  EXPECT_EQ(told_with(true), told_with(false));
}

TEST(Slo, AHistoryIsToldToItsEnd) {
  v1::ObjectiveDefinition definition = objective();
  definition.set_method(v1::BUDGETING_METHOD_TIMESLICES);
  definition.set_slice_us(kMinuteUs);
  definition.set_slice_target_ppb(950'000'000);
  SloTask task(objectives({definition}), {.history = true});
  task.say({.watermark = 50, .events = {{3, 95, 5}}});
  EXPECT_EQ(task.say({.watermark = 50, .events = {{55, 1}}, .end = true}), "chat @60 1/1\n");
}

TEST(Slo, ALostRangeStopsTheTask) {
  SloTask task(objectives({objective()}));
  task.say({.watermark = 10});
  task.commit();
  task.say({.watermark = 20});
  task.restart();
  EXPECT_EQ(
      task.say({.watermark = 30}),
      "batch of objectives at offset 2: raw partition 0: a batch covers offsets 20 to 30, but "
      "the last one ended at 10; something was lost between fold and here. Replay the raw records "
      "into a new directory; on Kafka, `weir run --accept-loss` goes on without it");
}

TEST(Slo, SoDoesALostPartOfABatch) {
  SloTask task(objectives({objective()}));
  task.say({.watermark = 10});
  EXPECT_THAT(task.say({.watermark = 20, .lost_parts = 1}),
              testing::HasSubstr("part 1 came of the batch of offsets 10 to 20, where part 0 was "
                                 "due; something was lost"));
}

TEST(Slo, ALossThatIsAcceptedIsToldAndResultsSayThatTheyMayLackIt) {
  std::string losses;
  Config config{.silence = {.after_us = 0}};
  config.on_loss = [&losses](std::int32_t task, const windows::Loss& loss) {
    losses += fmt::format("slo/{} raw {}: [{}, {}) ", task, loss.raw_partition, loss.from_offset,
                          loss.to_offset);
  };
  SloTask task(objectives({objective()}), config);
  task.show_time = true;
  EXPECT_EQ(task.say({.watermark = 10, .events = {{3, 1}}}), "chat @10 1/1\ntime 10\n");
  EXPECT_EQ(task.say({.watermark = 50, .events = {{33, 1}, {55, 1}}, .lost = 100}),
            "chat @40 2/2 incomplete\ntime 50 incomplete\n");
  EXPECT_EQ(losses, "slo/0 raw 0: [10, 110) ");
  EXPECT_EQ(task.probe.lost_offsets.value(), 100U);
  // Time is whole again, an hour is not.
  EXPECT_EQ(task.say({.watermark = 72, .events = {{63, 1}}}),
            "chat @60 3/3 incomplete\nchat @70 4/4 incomplete\ntime 70\n");
  EXPECT_EQ(task.say({.watermark = 3'670, .events = {{3'663, 1}}}),
            "chat @310 4/4 incomplete\n"
            "chat @340 4/4 incomplete\n"
            "chat @360 4/4 incomplete\n"
            "chat @370 4/4 incomplete\n"
            "chat @1810 4/4 incomplete\n"
            "chat @1840 4/4 incomplete\n"
            "chat @1860 4/4 incomplete\n"
            "chat @1870 4/4 incomplete\n"
            "chat @3610 3/3 ever 4/4 incomplete\n"
            "chat @3640 2/2 ever 4/4 incomplete\n"
            "chat @3660 1/1 ever 4/4\n"
            "chat @3670 1/1 ever 5/5\n"
            "time 3670\n");
}

TEST(Slo, NobodyFallsSilentAndNothingThatFiresEndsForWhatIsLost) {
  Config config;
  config.on_loss = [](std::int32_t, const windows::Loss&) {};
  SloTask task(objectives({burning_objective()}), config);
  SloTask control(objectives({burning_objective()}), config);
  for (SloTask* each : {&task, &control})
    EXPECT_EQ(each->say({.watermark = 10, .events = {{3, 50, 50, {"a"}}}}),
              "! chat{a} page @10 QUIET -> FIRING: burns 50.0x over 5m, above 10x\n"
              "chat{a} @10 50/100\n");
  const auto after_a_pause = [](SloTask& each, std::int64_t lost) {
    return each.say({.watermark = 1'000,
                     .events = {{305, 1'000, 0, {"a"}}, {1'000, 1, 0, {"a"}}},
                     .lost = lost});
  };
  const std::string lost = after_a_pause(task, 10);
  EXPECT_EQ(lost.find("! "), std::string::npos) << lost;
  EXPECT_NE(after_a_pause(control, 0).find("FIRING -> QUIET"), std::string::npos);
  EXPECT_NE(
      task.say({.watermark = 1'030, .events = {{1'020, 1'000, 0, {"a"}}}}).find("FIRING -> QUIET"),
      std::string::npos);
}

TEST(Slo, AReasonIsReadable) {
  v1::ObjectiveDefinition definition = objective();
  *definition.add_condition() = condition(10, 5 * kMinuteUs, 90 * kSecondUs);
  SloTask task(objectives({definition}));
  EXPECT_EQ(task.say({.watermark = 10, .events = {{3, 8'997, 1'003}}}),
            "! chat page @10 QUIET -> FIRING: burns 10.03x over 5m and 10.03x over 1m30s, above "
            "10x\n"
            "chat @10 8997/10000\n");
}

}  // namespace
}  // namespace weir::slo
