// The life of one alert, and what its receiver is told.
#include <gtest/gtest.h>

#include "tests/alert/alert_task.h"

namespace weir::alert {
namespace {

TEST(AlertLife, FiresAtOnceAndResolvesOnceItHasBeenQuiet) {
  AlertTask task;
  EXPECT_EQ(task.tick(change(), 10),
            "decision chat page-1h fired: it burns\n"
            "notify oncall first {}:{service=\"chat\"} #1: +chat page-1h\n"
            "decision chat page-1h grouped: the group is new\n");
  EXPECT_EQ(task.state(),
            "alert chat page-1h firing\n"
            "group oncall {}:{service=\"chat\"} #1: chat page-1h\n");

  EXPECT_EQ(task.tick(quiet(change()), 100),
            "decision chat page-1h held: it is quiet; it resolves where that is so for 1m\n");
  EXPECT_EQ(task.pass(150), "");
  EXPECT_EQ(
      task.pass(160),
      "decision chat page-1h resolved: it is quiet; so for at least 1m\n"
      "notify oncall resolved {}:{service=\"chat\"} #2: -chat page-1h\n"
      "decision chat page-1h grouped: nothing of the group fires any more that is not hidden\n");
  EXPECT_EQ(task.state(), "alert chat page-1h resolved\n");
  const v1::Alert& alert = task.alerts().begin()->second;
  EXPECT_EQ(alert.starts_at_us(), kStart + 10 * kSecondUs);
  EXPECT_EQ(alert.ends_at_us(), kStart + 100 * kSecondUs);
}

TEST(AlertLife, WaitsUntilItsConditionHasHeldForLongEnough) {
  v1::ConditionChange slow = change();
  slow.set_for_us(kMinuteUs);
  AlertTask task;
  EXPECT_EQ(task.tick(slow, 0),
            "decision chat page-1h held: it burns; it fires where it still holds at "
            "2023-11-14T00:01:00Z\n");
  EXPECT_EQ(task.pass(50), "");
  EXPECT_EQ(task.state(), "alert chat page-1h pending\n");
  EXPECT_EQ(task.pass(60),
            "decision chat page-1h fired: it burns; it has held for 1m\n"
            "notify oncall first {}:{service=\"chat\"} #1: +chat page-1h\n"
            "decision chat page-1h grouped: the group is new\n");
}

TEST(AlertLife, OneThatDoesNotHoldForLongEnoughIsNeverTold) {
  v1::ConditionChange slow = change();
  slow.set_for_us(2 * kMinuteUs);
  AlertTask task;
  task.tick(slow, 0);
  v1::ConditionChange ended = quiet(slow);
  EXPECT_EQ(task.tick(ended, 90),
            "decision chat page-1h lapsed: it is quiet; it held for 1m30s of 2m\n");
  EXPECT_EQ(task.pass(1'000), "");
  EXPECT_TRUE(task.notifications().empty());
}

TEST(AlertLife, SaysWhyItFiredUntilItResolves) {
  Config config = config_for();
  config.grouping.wait_us = 30 * kSecondUs;
  AlertTask task(config);
  const auto summary = [&](std::size_t notification) {
    const v1::Notification& told = task.notifications().at(notification);
    return labels::read(told.alert(0).annotation()).at("summary");
  };
  task.tick(change(), 0);
  task.tick(quiet(change()), 20);
  task.restart_always();
  task.pass(40);  // while it is held firing
  EXPECT_EQ(summary(0), "chat page-1h (chat): it burns");
  task.pass(110);
  EXPECT_EQ(summary(1), "chat page-1h (chat): it is quiet");
  EXPECT_FALSE(task.alerts().begin()->second.has_quiet());
}

TEST(AlertLife, DoesNotEndOnAnIncompleteTime) {
  AlertTask task;
  task.tick(change(), 0);
  task.say(quiet(change()), 10);
  EXPECT_EQ(task.pass(200, false), "");
  EXPECT_EQ(task.state(),
            "alert chat page-1h firing\ngroup oncall {}:{service=\"chat\"} #1: chat page-1h\n");
  EXPECT_NE(task.pass(210), "");
  EXPECT_EQ(task.state(), "alert chat page-1h resolved\n");
}

TEST(AlertLife, GoesOnWhereItsConditionBeginsAgainBeforeTheEnd) {
  AlertTask task;
  task.tick(change(), 0);
  task.tick(quiet(change()), 10);
  EXPECT_EQ(task.tick(change(), 30),
            "decision chat page-1h held: it burns; it began again before its end, and goes on "
            "firing\n");
  EXPECT_EQ(task.pass(200), "");
  EXPECT_EQ(task.notifications().size(), 1U);
}

TEST(AlertLife, OneThatComesAndGoesIsHeldForLonger) {
  AlertTask task;
  std::int64_t at = 0;
  for (int i = 0; i < 4; ++i, at += 200) {
    task.tick(change(), at);
    task.tick(quiet(change()), at + 20);
    if (i < 3) task.pass(at + 100);
  }
  EXPECT_EQ(task.pass(at), "");
  EXPECT_EQ(task.state(),
            "alert chat page-1h firing life 4 flapping\n"
            "group oncall {}:{service=\"chat\"} #1: chat page-1h\n");
  EXPECT_EQ(
      task.pass(620 + 15 * 60),
      "decision chat page-1h resolved: it is quiet; so for at least 15m\n"
      "notify oncall resolved {}:{service=\"chat\"} #2: -chat page-1h\n"
      "decision chat page-1h grouped: nothing of the group fires any more that is not hidden\n");
}

TEST(AlertLife, FollowsTheTimeOfTheTaskThatSpokeOfIt) {
  v1::ConditionChange slow = change();
  slow.set_for_us(kMinuteUs);
  AlertTask task;
  task.say(slow, 0, 1);
  task.pass(0, true, 1);
  EXPECT_EQ(task.pass(100, true, 0), "");
  EXPECT_EQ(task.state(), "alert chat page-1h pending\n");
  EXPECT_NE(task.pass(60, true, 1), "");
}

TEST(AlertLife, IsNotFollowedAboveTheCapUntilSomethingResolved) {
  Config config = config_for();
  config.max_alerts = 1;
  config.keep_firing_us = 0;
  AlertTask task(config);
  task.tick(change("a"), 0);
  EXPECT_EQ(
      task.tick(change("b"), 10),
      "decision b page-1h refused: 1 alerts are kept (alert.max_alerts), and none of them has "
      "resolved\n");
  EXPECT_EQ(task.probe.refused_alerts.value(), 1U);
  task.tick(quiet(change("a")), 100);
  task.pass(200);
  task.tick(change("c"), 300);
  EXPECT_EQ(task.state(),
            "alert c page-1h firing\ngroup oncall {}:{service=\"c\"} #1: c page-1h\n");
}

TEST(AlertLife, KnowsWhatItIsCalled) {
  AlertTask task;
  task.tick(of_series(change("chat-latency"), "model", "m"), 0);
  const v1::Alert& alert = task.alerts().begin()->second;
  EXPECT_EQ(labels::to_text(labels::read(alert.label())),
            "{alertname=\"ErrorBudgetBurn\", condition=\"page-1h\", model=\"m\", "
            "objective=\"chat-latency\", service=\"chat\", severity=\"page\"}");
  EXPECT_EQ(alert.fingerprint(), labels::fingerprint(labels::read(alert.label())));
  EXPECT_EQ(labels::read(alert.annotation()).at("command"), "weir why " + alert.fingerprint());
  EXPECT_EQ(labels::read(alert.annotation()).at("summary"),
            "chat-latency page-1h model=m (chat): it burns");
}

TEST(AlertLife, ItsTextCountsSlicesWhereTheseCountAsTheirRatio) {
  AlertTask task;
  v1::ConditionChange burning = change();
  burning.set_method(v1::BUDGETING_METHOD_RATIO_TIMESLICES);
  burning.mutable_long_window()->set_length_us(kHourUs);
  burning.mutable_long_window()->set_good(57'250'000'000);
  burning.mutable_long_window()->set_total(60'000'000'000);
  task.tick(burning, 0);
  const v1::Alert& alert = task.alerts().begin()->second;
  EXPECT_EQ(labels::read(alert.annotation()).at("description").substr(0, 23),
            "2.75 of 60 bad in 1h, b");
}

TEST(AlertLife, WhatStandsIsToldAgainEachDay) {
  constexpr std::int64_t kDay = kDayUs / kSecondUs;
  AlertTask task;
  task.tick(change(), 10);
  task.tick(change("code", "page-1h"), 10);
  v1::Signal signal;
  signal.mutable_silence()->set_id("s1");
  signal.mutable_silence()->set_ends_at_us(kStart + 3 * kDayUs);
  *signal.mutable_silence()->add_matcher() = labels::Matcher::parse("service=none")->proto();
  task.say(signal, 20);
  task.tick(quiet(change("code", "page-1h")), 30);
  task.pass(1'000);
  const auto told_at = [&](const std::string& objective) {
    return (task.alerts().at(fingerprint_of(change(objective))).append_time_us() - kStart) /
           kSecondUs;
  };
  const std::int64_t ended = told_at("code");
  for (const std::int64_t at : {kDay - 1, kDay + 5, kDay + 6, 2 * kDay + 7}) {
    const std::string told = task.pass(at);
    EXPECT_EQ(told.find("decision chat page-1h fired"), std::string::npos) << told;
    EXPECT_EQ(told_at("chat"), at < kDay ? 10 : at == kDay + 6 ? kDay + 5 : at);
    task.commit();
    task.restart();
  }
  EXPECT_EQ(told_at("code"), ended);
  EXPECT_EQ(task.silences().size(), 3U);  // when it began, and on two days
  EXPECT_EQ(task.alerts().at(fingerprint_of(change())).starts_at_us(), kStart + 10 * kSecondUs);
}

TEST(AlertLife, WhatItWasDecidedUnderIsRecorded) {
  AlertTask task;
  task.tick(change(), 0);
  task.commit();
  task.restart();
  task.pass(10);
  ASSERT_EQ(task.rules().size(), 1U);
  EXPECT_EQ(task.rules()[0].rules(), to_text(task.config));
  EXPECT_EQ(task.rules()[0].input_offset(), 0);
  EXPECT_EQ(task.decisions()[0].rules_hash(), task.rules()[0].rules_hash());

  task.config.keep_firing_us = kHourUs;
  task.commit();
  task.restart();
  task.tick(quiet(change()), 20);
  ASSERT_EQ(task.rules().size(), 2U);
  EXPECT_EQ(task.rules()[1].rules(), to_text(task.config));
  EXPECT_EQ(task.rules()[1].input_offset(), 3);
  EXPECT_EQ(task.decisions().back().rules_hash(), task.rules()[1].rules_hash());
  EXPECT_NE(task.rules()[1].rules_hash(), task.rules()[0].rules_hash());
}

TEST(AlertLife, ASignalThatIsNoneStopsTheTask) {
  runtime::Metrics metrics;
  Probe probe(metrics);
  AlertProcessor processor(config_for(), probe);
  state::MemoryStore store;
  state::WriteBack cache(store, 0);
  runtime::TaskContext context(0, 1, {1, 1, 1}, cache);
  ASSERT_TRUE(processor.open(context));
  const runtime::Record record{.offset = 7, .value = "\xff"};
  EXPECT_EQ(processor.process({&record, 1}, context).error().message,
            "signal at offset 7: not a Signal");
}

}  // namespace
}  // namespace weir::alert
