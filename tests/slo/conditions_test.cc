// When conditions and silences begin and end.
#include <functional>

#include <gtest/gtest.h>

#include "processors/objectives/policy.h"
#include "tests/slo/slo_task.h"

namespace weir::slo {
namespace {

/// With a condition of two windows.
v1::ObjectiveDefinition paging_objective() {
  v1::ObjectiveDefinition definition = objective();
  *definition.add_condition() = condition(10, 5 * kMinuteUs, kMinuteUs);
  return definition;
}

TEST(SloConditions, AConditionFiresWhileBothWindowsBurnAndTheReasonHasTheNumbers) {
  SloTask task(objectives({paging_objective()}));
  EXPECT_EQ(task.say({.watermark = 10, .events = {{3, 90, 10}}}), "chat @10 90/100\n")
      << "not above the factor";
  EXPECT_EQ(task.say({.watermark = 20, .events = {{13, 80, 20}}}),
            "! chat page @20 QUIET -> FIRING: burns 15.0x over 5m and 15.0x over 1m, above 10x\n"
            "chat @20 170/200\n");
  EXPECT_EQ(task.say({.watermark = 30, .events = {{23, 100}}}),
            "! chat page @30 FIRING -> QUIET: no longer burns above 10x: 10.0x over 5m and 10.0x "
            "over 1m\n"
            "chat @30 270/300\n");
}

TEST(SloConditions, AServiceThatIsGoneHasNotRecovered) {
  SloTask task(objectives({paging_objective()}));
  EXPECT_EQ(task.say({.watermark = 10, .events = {{3, 50, 50}}}),
            "! chat page @10 QUIET -> FIRING: burns 50.0x over 5m and 50.0x over 1m, above 10x\n"
            "chat @10 50/100\n");
  EXPECT_EQ(task.say({.watermark = 400}),
            "chat @70 50/100\n"
            "chat @310 50/100\n");
  EXPECT_EQ(task.say({.watermark = 410, .events = {{405, 10}}}),
            "! chat page @410 FIRING -> QUIET: no longer burns above 10x: 0.0x over 5m and 0.0x "
            "over 1m\n"
            "chat @410 60/110\n");
}

TEST(SloConditions, AServiceThatIsGoneHasNotRecoveredThoughItsConditionHasOneWindow) {
  v1::ObjectiveDefinition definition = objective();
  *definition.add_condition() = condition(10, 5 * kMinuteUs, 0);
  SloTask task(objectives({definition}));
  task.say({.watermark = 10, .events = {{3, 50, 50}}});
  EXPECT_EQ(task.say({.watermark = 400}), "chat @310 50/100\n");
  EXPECT_EQ(task.say({.watermark = 410, .events = {{405, 10}}}),
            "! chat page @410 FIRING -> QUIET: no longer burns above 10x: 0.0x over 5m\n"
            "chat @410 60/110\n");
}

TEST(SloConditions, AServiceThatIsGoneHasNotRecoveredThoughWhatIsLeftInItsWindowsDoesNotBurn) {
  SloTask task(objectives({paging_objective()}));
  task.say({.watermark = 20, .events = {{3, 0, 50}, {13, 50}}});
  EXPECT_EQ(task.say({.watermark = 400}),
            "chat @70 50/100\n"
            "chat @80 50/100\n"
            "chat @310 50/100\n"
            "chat @320 50/100\n");
}

TEST(SloConditions, AServiceThatIsGoneHasNotRecoveredAsTheBurstBeforeLeavesTheLongWindow) {
  SloTask task(objectives({paging_objective()}));
  EXPECT_EQ(task.say({.watermark = 210, .events = {{3, 0, 50}, {103, 400}, {203, 80, 20}}}),
            "! chat page @10 QUIET -> FIRING: burns 100.0x over 5m and 100.0x over 1m, above 10x\n"
            "chat @10 0/50\n"
            "chat @70 0/50\n"
            "! chat page @110 FIRING -> QUIET: no longer burns above 10x: 11.1x over 5m and 0.0x "
            "over 1m\n"
            "chat @110 400/450\n"
            "chat @170 400/450\n"
            "! chat page @210 QUIET -> FIRING: burns 12.7x over 5m and 20.0x over 1m, above 10x\n"
            "chat @210 480/550\n");
  EXPECT_EQ(task.say({.watermark = 400}),
            "chat @270 480/550\n"
            "chat @310 480/550\n");
  task.say({.watermark = 405, .events = {{150, 10}}});
  EXPECT_EQ(task.say({.watermark = 410}), "chat @410 490/560 late +10/+10 [150,160)\n")
      << "it does not come again by what is late";
  EXPECT_EQ(task.say({.watermark = 420, .events = {{415, 10}}}),
            "! chat page @420 FIRING -> QUIET: no longer burns above 10x: 16.7x over 5m and 0.0x "
            "over 1m\n"
            "chat @420 500/570\n");
}

TEST(SloConditions, AServiceThatIsGoneForSixHoursIsTakenToBeRetired) {
  v1::ObjectiveDefinition definition = objective();
  definition.set_window_us(kDayUs);
  *definition.add_condition() = condition(10, 5 * kMinuteUs, kMinuteUs);
  SloTask task(objectives({definition}), {.silence = {.after_us = 0}});
  task.say({.watermark = 10, .events = {{3, 50, 50}}});
  EXPECT_EQ(task.say({.watermark = 21'600}),
            "chat @70 50/100\n"
            "chat @310 50/100\n"
            "chat @1810 50/100\n"
            "chat @3610 50/100\n"
            "chat @7260 50/100\n");
  EXPECT_EQ(task.say({.watermark = 21'620}),
            "! chat page @21610 FIRING -> QUIET: nothing came for 6h, so it is taken to be "
            "retired\n"
            "chat @21610 50/100\n");
}

TEST(SloConditions, WhatFiresOfAnObjectiveOfAnHourGoesOnForSixHoursToo) {
  SloTask task(objectives({paging_objective()}), {.silence = {.after_us = 0}});
  task.say({.watermark = 10, .events = {{3, 50, 50}}});
  EXPECT_EQ(task.say({.watermark = 21'600}),
            "chat @70 50/100\n"
            "chat @310 50/100\n"
            "chat @1810 50/100\n"
            "chat @3610 0/0 ever 50/100\n");
  EXPECT_EQ(task.say({.watermark = 21'620}),
            "! chat page @21610 FIRING -> QUIET: nothing came for 6h, so it is taken to be "
            "retired\n"
            "chat @21610 0/0 ever 50/100\n"
            "chat @21610 0/0 ever 50/100 closed\n");
}

/// What is told until 500 s of a service that burns and then is gone, while a planned time begins.
std::string told_of_gone(std::int64_t planned_from_s) {
  v1::ObjectiveDefinition definition = paging_objective();
  const Maintenance move{.from_us = kStart + planned_from_s * kSecondUs,
                         .to_us = kStart + 1'000 * kSecondUs,
                         .reason = "database move"};
  SloTask task(objectives({definition}), {.maintenance = {move}});
  task.say({.watermark = 10, .events = {{3, 50, 50}}});
  return task.say({.watermark = 500});
}

TEST(SloConditions, APlannedTimeEndsWhatFires) {
  EXPECT_EQ(told_of_gone(60),
            "! chat page @70 FIRING -> QUIET: no longer burns above 10x: 50.0x over 5m and nothing "
            "came in 1m\n"
            "chat @70 50/100 (database move)\n"
            "chat @310 50/100 (database move)\n");
}

TEST(SloConditions, APlannedTimeEndsWhatFiresThoughNothingEntersOrLeaves) {
  EXPECT_EQ(told_of_gone(125),
            "chat @70 50/100\n"
            "! chat page @130 FIRING -> QUIET: no longer burns above 10x: 50.0x over 5m and "
            "nothing came in 1m\n"
            "chat @130 50/100 (database move)\n"
            "chat @310 50/100 (database move)\n");
  EXPECT_EQ(told_of_gone(405),
            "chat @70 50/100\n"
            "chat @310 50/100\n"
            "! chat page @410 FIRING -> QUIET: no longer burns above 10x: nothing came in 5m and "
            "nothing came in 1m\n"
            "chat @410 50/100 (database move)\n");
}

TEST(SloConditions, LowTrafficSaysThatItIsLow) {
  v1::ObjectiveDefinition definition = objective();
  *definition.add_condition() = condition(10, 5 * kMinuteUs, 0);
  definition.mutable_condition(0)->set_min_events(5);
  definition.mutable_condition(0)->set_level_ppb(100'000);
  SloTask task(objectives({definition}));
  EXPECT_EQ(task.say({.watermark = 10, .events = {{3, 0, 1}}}),
            "! chat page @10 QUIET -> TOO_FEW: burns 100.0x over 5m, above 10x, on 1 bad of 1: "
            "below 5 nothing is said\n"
            "chat @10 0/1\n");
  EXPECT_EQ(task.say({.watermark = 20, .events = {{13, 5, 0}}}),
            "! chat page @20 TOO_FEW -> PLAUSIBLE: burns 16.7x over 5m, above 10x, on 1 bad of 6: "
            "chance alone does it with probability 0.059\n"
            "chat @20 5/6\n");
  EXPECT_EQ(task.say({.watermark = 30, .events = {{23, 5, 3}}}),
            "! chat page @30 PLAUSIBLE -> FIRING: burns 28.6x over 5m, above 10x; chance alone "
            "would do it with probability 9.2e-06\n"
            "chat @30 10/14\n");
}

TEST(SloConditions, TheDefaultOnesOfSlicesOfTimeFire) {
  // Given a day's objective of which every row of the policy would hold two slices, or little more.
  v1::ObjectiveDefinition definition = objective();
  definition.set_target_ppb(950'000'000);
  definition.set_method(v1::BUDGETING_METHOD_TIMESLICES);
  definition.set_slice_us(kMinuteUs);
  definition.set_slice_target_ppb(950'000'000);
  definition.set_window_us(kDayUs);
  for (const auto& each : objectives::default_conditions(kDayUs, {}, kMinuteUs))
    *definition.add_condition() = each;
  SloTask task(objectives({definition}));
  for (std::int64_t minute = 0; minute < 150; ++minute)
    task.say({.watermark = 60 * (minute + 1), .events = {{60 * minute + 5, 10, 0}}});

  // When every minute is bad from then on.
  std::string pages;
  for (std::int64_t minute = 150; minute < 156; ++minute) {
    const std::string told =
        task.say({.watermark = 60 * (minute + 1), .events = {{60 * minute + 5, 0, 10}}});
    if (const auto at = told.find("! chat page-1h"); at != std::string::npos)
      pages += told.substr(at, told.find('\n', at) + 1 - at);
  }

  // Then it pages as soon as chance does not explain it.
  EXPECT_EQ(pages,
            "! chat page-1h @9120 QUIET -> PLAUSIBLE: burns 4.0x over 10m and 20.0x over 1m, above "
            "2.88x, on 2 bad of 10: chance alone does it with probability 0.086\n"
            "! chat page-1h @9300 PLAUSIBLE -> FIRING: burns 10.0x over 10m and 20.0x over 1m, "
            "above 2.88x; chance alone would do it with probability 6.4e-05\n");
}

TEST(SloConditions, ASilenceIsToldWhereEventsCameAndChanceWouldNotExplainIt) {
  SloTask task(objectives({objective()}));
  task.say({.watermark = 10, .events = {{3, 60}}});
  EXPECT_EQ(task.say({.watermark = 700}),
            "chat @310 60/60\n"
            "! chat silent @660 QUIET -> FIRING: nothing came since 2023-11-14T00:00:10Z; after 60 "
            "in the last 1h chance alone does that with probability 6.5e-06\n"
            "chat @660 60/60\n");
  EXPECT_EQ(task.last().condition(0).name(), "silent");
  EXPECT_EQ(task.say({.watermark = 705, .events = {{20, 1}}}), "");
  EXPECT_EQ(task.say({.watermark = 710}), "chat @710 61/61 late +1/+1 [20,30)\n");
  EXPECT_EQ(task.say({.watermark = 720, .events = {{715, 1}}}),
            "! chat silent @720 FIRING -> QUIET: events come again\n"
            "chat @720 62/62\n");
}

TEST(SloConditions, FewEventsAreNeverSilent) {
  SloTask task(objectives({objective()}));
  task.say({.watermark = 10, .events = {{3, 9}}});
  EXPECT_EQ(task.say({.watermark = 3'600}), "chat @310 9/9\nchat @1810 9/9\n");
}

TEST(SloConditions, APlannedTimeIsNoSilence) {
  const Maintenance move{.from_us = kStart + 100 * kSecondUs,
                         .to_us = kStart + 1'000 * kSecondUs,
                         .reason = "database move"};
  SloTask task(objectives({objective()}), {.maintenance = {move}});
  task.say({.watermark = 10, .events = {{3, 60}}});
  EXPECT_EQ(task.say({.watermark = 1'610}), "chat @310 60/60 (database move)\n");
  EXPECT_EQ(
      task.say({.watermark = 1'620}),
      "! chat silent @1620 QUIET -> FIRING: nothing came since 2023-11-14T00:00:10Z; after 60 "
      "in the last 1h chance alone does that with probability 1.2e-05\n"
      "chat @1620 60/60\n");
}

TEST(SloConditions, WhatComesLateOfAPlannedTimeHasComeAllTheSame) {
  const Maintenance move{.from_us = kStart + 300 * kSecondUs,
                         .to_us = kStart + 400 * kSecondUs,
                         .reason = "database move"};
  SloTask task(objectives({objective()}), {.maintenance = {move}});
  task.say({.watermark = 450, .events = {{3, 60}}});
  task.say({.watermark = 455, .events = {{350, 1}}});
  task.say({.watermark = 1'010});
  EXPECT_EQ(
      task.say({.watermark = 1'020}),
      "! chat silent @1020 QUIET -> FIRING: nothing came since 2023-11-14T00:06:00Z; after 60 "
      "in the last 1h chance alone does that with probability 1.2e-05\n"
      "chat @1020 60/60 excluded 1/1\n");
}

TEST(SloConditions, WhatIsIncompleteIsNoSilence) {
  SloTask task(objectives({objective()}), {.stall_after_us = kMinuteUs}, 2);
  task.say({.watermark = 5, .partition = 1});
  task.say({.watermark = 10, .events = {{3, 60}}});
  task.say({.watermark = 10, .partition = 1});
  task.say({.watermark = 300});
  EXPECT_EQ(task.say({.watermark = 900}), "chat @310 60/60 incomplete\n");
}

TEST(SloConditions, WhileAPartitionIsStalledWhatFiresGoesOnAndResultsSaySo) {
  v1::ObjectiveDefinition definition = objective();
  *definition.add_condition() = condition(10, kMinuteUs, 0);
  SloTask task(objectives({definition}), {.stall_after_us = kMinuteUs}, 2);
  task.say({.watermark = 5, .partition = 1});
  task.say({.watermark = 5, .events = {{3, 1, 9}}});
  task.say({.watermark = 10, .partition = 1});
  EXPECT_EQ(task.say({.watermark = 10}),
            "! chat page @10 QUIET -> FIRING: burns 90.0x over 1m, above 10x\n"
            "chat @10 1/10\n");
  EXPECT_EQ(task.say({.watermark = 100, .events = {{95, 1'000}}}),
            "chat @70 1/10 incomplete\n"
            "chat @100 1001/1010 incomplete\n");
  EXPECT_EQ(task.say({.watermark = 110, .events = {{50, 0, 1}}, .partition = 1, .at = 111}), "");
  EXPECT_EQ(task.say({.watermark = 110}),
            "! chat page @110 FIRING -> QUIET: no longer burns above 10x: 0.1x over 1m\n"
            "chat @110 1001/1011 stalled +0/+1 [50,60)\n");
}

TEST(SloConditions, WhatFiresOnBecauseOfAStalledPartitionEndsWithItThoughNothingComesAnyMore) {
  v1::ObjectiveDefinition definition = objective();
  *definition.add_condition() = condition(10, kMinuteUs, 0);
  SloTask task(objectives({definition}), {.stall_after_us = kMinuteUs}, 2);
  task.say({.watermark = 5, .partition = 1});
  task.say({.watermark = 5, .events = {{3, 1, 9}}});
  task.say({.watermark = 10, .partition = 1});
  task.say({.watermark = 10});
  EXPECT_EQ(task.say({.watermark = 90, .events = {{75, 1'000}}}),
            "chat @70 1/10 incomplete\n"
            "chat @80 1001/1010 incomplete\n"  // and again, as it fires on only because of that
            "chat @90 1001/1010 incomplete\n");
  task.say({.watermark = 100, .partition = 1, .at = 101});
  EXPECT_EQ(task.say({.watermark = 100}),
            "! chat page @100 FIRING -> QUIET: no longer burns above 10x: 0.0x over 1m\n"
            "chat @100 1001/1010\n");
}

/// What is told where a condition that fires since 10 s becomes this one, after a restart.
std::string told_of_edit(const std::function<void(v1::ObjectiveDefinition&)>& edit) {
  v1::ObjectiveDefinition definition = objective();
  *definition.add_condition() = condition(10, 5 * kMinuteUs, 0);
  SloTask task(objectives({definition}));
  task.say({.watermark = 30, .events = {{3, 1, 9}}});
  task.commit();
  task.restart();
  edit(definition);
  task.define(objectives({definition}));
  task.show_severity = true;
  return task.say({.watermark = 50});
}

TEST(SloConditions, AConditionThatThePolicyHasNoMoreEnds) {
  EXPECT_EQ(told_of_edit([](auto& definition) { definition.clear_condition(); }),
            "! chat page (page) @30 FIRING -> QUIET: the alert policy has no such condition any "
            "more\n"
            "chat @40 1/10\n");
  EXPECT_EQ(told_of_edit([](auto& definition) { definition.mutable_condition(0)->set_name("p"); }),
            "! chat page (page) @30 FIRING -> QUIET: the alert policy has no such condition any "
            "more\n"
            "! chat p (page) @40 QUIET -> FIRING: burns 90.0x over 5m, above 10x\n"
            "chat @40 1/10\n");
}

TEST(SloConditions, AConditionOfAnotherSeverityIsAnotherAlert) {
  const auto to_ticket = [](auto& definition) {
    definition.mutable_condition(0)->set_severity("ticket");
  };
  EXPECT_EQ(told_of_edit(to_ticket),
            "! chat page (page) @40 FIRING -> QUIET: its severity was page and is ticket from now "
            "on\n"
            "! chat page (ticket) @40 QUIET -> FIRING: burns 90.0x over 5m, above 10x\n"
            "chat @40 1/10\n");
  EXPECT_EQ(told_of_edit([&](auto& definition) {
              to_ticket(definition);
              definition.mutable_condition(0)->set_factor_ppb(95'000'000'000);
            }),
            "! chat page (page) @40 FIRING -> QUIET: no longer burns above 95x: 90.0x over 5m\n"
            "chat @40 1/10\n");
}

/// What is told where silences are from now on told like that, while one fires since 660 s.
std::string told_of_silence(Config::Silence silence, std::vector<Said> then,
                            const v1::Objectives& all = objectives({objective()})) {
  SloTask task(objectives({objective()}));
  task.say({.watermark = 700, .events = {{3, 60}}});
  task.restart_with({.silence = std::move(silence)});
  task.define(all);
  task.show_severity = true;
  std::string told;
  for (const Said& said : then) told += task.say(said);
  return told;
}

TEST(SloConditions, ASilenceOfAnotherSeverityIsAnotherAlert) {
  EXPECT_EQ(told_of_silence({.severity = "page"},
                            {{.watermark = 720}, {.watermark = 730, .events = {{725, 1}}}}),
            "! chat silent (ticket) @710 FIRING -> QUIET: its severity was ticket and is page from "
            "now on\n"
            "! chat silent (page) @710 QUIET -> FIRING: nothing came since 2023-11-14T00:00:10Z\n"
            "chat @710 60/60\n"
            "! chat silent (page) @730 FIRING -> QUIET: events come again\n"
            "chat @730 61/61\n");
}

TEST(SloConditions, ASilenceEndsWithTheSeverityThatItBeganWith) {
  EXPECT_EQ(told_of_silence({.severity = "page"}, {{.watermark = 720}}, objectives({})),
            "! chat silent (ticket) @700 FIRING -> QUIET: the objective's definition changed, or "
            "went\n"
            "chat @700 60/60 closed\n");
}

TEST(SloConditions, ASilenceEndsWhereNoneIsToBeToldAnyMore) {
  EXPECT_EQ(told_of_silence({.after_us = 0}, {{.watermark = 720}}),
            "! chat silent (ticket) @710 FIRING -> QUIET: silences are told no more "
            "(slo.silence.after)\n"
            "chat @710 60/60\n");
}

TEST(SloConditions, ASilenceThatIsTooShortNowEndsAndSaysSo) {
  EXPECT_EQ(told_of_silence({.after_us = 30 * kMinuteUs}, {{.watermark = 720}}),
            "! chat silent (ticket) @710 FIRING -> QUIET: slo.silence.after is longer now\n"
            "chat @710 60/60\n");
}

}  // namespace
}  // namespace weir::slo
