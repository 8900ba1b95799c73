// Whom alerts are told, together with which others, and when.
#include <gtest/gtest.h>

#include "tests/alert/alert_task.h"

namespace weir::alert {
namespace {

labels::Matcher matcher(std::string_view text) { return *labels::Matcher::parse(text); }

Route route(std::string_view match, std::vector<std::string> receivers) {
  return {.matchers = {matcher(match)}, .receivers = std::move(receivers)};
}

/// "oncall first, chat first": who was told since `from`, and why.
std::string told(const AlertTask& task, std::size_t from = 0) {
  std::string text;
  for (std::size_t i = from; i < task.notifications().size(); ++i) {
    const v1::Notification& each = task.notifications()[i];
    text += fmt::format("{}{} {} {}", text.empty() ? "" : ", ", each.receiver(), each.firing(),
                        each.resolved());
  }
  return text;
}

TEST(AlertGroups, WhatOneTickSetsOffIsToldTogether) {
  AlertTask task;
  task.say(of_series(change("chat-a"), "model", "m"), 10);
  task.say(of_series(change("chat-b"), "model", "m"), 10);
  EXPECT_EQ(task.pass(10),
            "notify oncall first {}:{service=\"chat\"} #1: +chat-a page-1h model=m "
            "+chat-b page-1h model=m\n"
            "decision chat-a page-1h model=m grouped: the group is new; told with 1 other\n"
            "decision chat-b page-1h model=m grouped: the group is new; told with 1 other\n");
  EXPECT_EQ(
      task.notifications()[0].title(),
      "chat-a page-1h model=m (chat): it burns | 2 alerts fire: {alertname=\"ErrorBudgetBurn\", "
      "condition=\"page-1h\", model=\"m\", service=\"chat\", severity=\"page\"}");
}

TEST(AlertGroups, ATitleBeginsWithTheWorstOfWhatFires) {
  Config config = config_for();
  config.inhibit.clear();
  config.keep_firing_us = 0;
  AlertTask task(config);
  const auto title_at = [&](std::int64_t at) {
    task.pass(at);
    const std::string& title = task.notifications().back().title();
    return title.substr(0, title.find(": {"));
  };
  task.say(change("chat-a", "ticket-1d", "ticket"), 0);
  task.say(change("chat-b"), 0);
  EXPECT_EQ(title_at(0), "chat-b page-1h (chat): it burns | 2 alerts fire");
  task.say(change("chat-c", "page-6h"), 60);  // as severe, and later
  EXPECT_EQ(title_at(60), "chat-b page-1h (chat): it burns | 3 alerts fire");
  task.say(quiet(change("chat-b")), 120);
  EXPECT_EQ(title_at(120), "chat-c page-6h (chat): it burns | 2 alerts fire, 1 alert ended");
  task.say(quiet(change("chat-c", "page-6h")), 180);
  task.say(quiet(change("chat-a", "ticket-1d", "ticket")), 180);
  EXPECT_EQ(title_at(180), "2 alerts ended");
}

TEST(AlertGroups, WaitForTheOtherTasksToTellTheirTick) {
  AlertTask task;
  task.pass(0, true, 1);
  task.pass(0);
  task.tick(change("chat-a"), 10);
  EXPECT_EQ(told(task), "");
  task.say(change("chat-b"), 10, 1);
  task.pass(10, true, 1);
  EXPECT_EQ(told(task), "oncall 2 0");
}

TEST(AlertGroups, DoNotWaitForATaskForever) {
  AlertTask task;
  task.pass(0, true, 1);
  task.tick(change("chat-a"), 10);
  task.pass(20);
  EXPECT_EQ(told(task), "");
  task.pass(30);
  EXPECT_EQ(told(task), "oncall 1 0");
}

TEST(AlertGroups, ANewOneWaitsForItsOwnTime) {
  Config config = config_for();
  config.grouping.wait_us = 30 * kSecondUs;
  AlertTask task(config);
  task.tick(change(), 0);
  task.pass(20);
  EXPECT_EQ(told(task), "");
  task.pass(30);
  EXPECT_EQ(told(task), "oncall 1 0");
}

TEST(AlertGroups, AChangeWaitsForTheInterval) {
  AlertTask task;
  task.tick(change("chat-a"), 0);
  task.tick(change("chat-b"), 20);
  EXPECT_EQ(told(task), "oncall 1 0");
  EXPECT_EQ(task.state(),
            "alert chat-a page-1h firing\nalert chat-b page-1h firing\n"
            "group oncall {}:{service=\"chat\"} #1 dirty: chat-a page-1h chat-b page-1h untold\n");
  task.pass(60);
  EXPECT_EQ(told(task), "oncall 1 0, oncall 2 0");
}

TEST(AlertGroups, TheirFirstPageDoesNotWaitForTheInterval) {
  Config config = config_for();
  config.inhibit.clear();
  AlertTask task(config);
  task.tick(change("chat-a", "ticket-1d", "ticket"), 0);
  task.tick(change("chat-b", "ticket-3d", "ticket"), 10);
  EXPECT_EQ(told(task), "oncall 1 0");
  task.tick(change("chat-c"), 20);
  EXPECT_EQ(told(task), "oncall 1 0, oncall 3 0");
  task.tick(change("chat-d"), 30);
  task.pass(70);
  EXPECT_EQ(told(task), "oncall 1 0, oncall 3 0");
  task.pass(80);
  EXPECT_EQ(told(task), "oncall 1 0, oncall 3 0, oncall 4 0");
}

TEST(AlertGroups, IsRepeatedUntilSomebodyTakesItOn) {
  Config config = config_for();
  config.grouping.repeat_us = kHourUs;
  AlertTask task(config);
  task.tick(change(), 0);
  task.pass(3'590);
  EXPECT_EQ(task.notifications().size(), 1U);
  EXPECT_EQ(task.pass(3'600),
            "notify oncall repeat {}:{service=\"chat\"} #2: +chat page-1h\n"
            "decision chat page-1h grouped: nobody has acknowledged it yet\n");
  v1::Signal signal;
  signal.mutable_acknowledgement()->set_fingerprint(fingerprint_of(change()));
  signal.mutable_acknowledgement()->set_by("ann");
  signal.mutable_acknowledgement()->set_note("looking");
  EXPECT_EQ(task.say(signal, 3'700),
            "decision chat page-1h acknowledged: ann took it on: looking\n"
            "notify oncall acknowledged {}:{service=\"chat\"} #3: +chat page-1h\n"
            "decision chat page-1h grouped: somebody took it on\n");
  EXPECT_EQ(task.say(signal, 3'800), "") << "she has it already";
  EXPECT_EQ(task.pass(20'000), "");
  EXPECT_EQ(task.state(),
            "alert chat page-1h firing acknowledged by ann\n"
            "group oncall {}:{service=\"chat\"} #3: chat page-1h\n");
}

TEST(AlertGroups, WhatIsTakenOverIsToldToNobodyAgain) {
  Config config = config_for();
  config.grouping.repeat_us = kHourUs;
  AlertTask task(config);
  task.restart_always();
  task.tick(change(), 0);
  v1::Signal signal;
  signal.mutable_acknowledgement()->set_fingerprint(fingerprint_of(change()));
  signal.mutable_acknowledgement()->set_by("ann");
  task.say(signal, 100);
  const std::size_t told = task.notifications().size();

  signal.mutable_acknowledgement()->set_by("bob");
  signal.mutable_acknowledgement()->set_note("the night shift");
  EXPECT_EQ(task.say(signal, 200),
            "decision chat page-1h acknowledged: bob took it over from ann: the night shift\n");
  EXPECT_EQ(task.decisions().back().by(), "bob");
  EXPECT_EQ(task.decisions().back().reference(), "ann");
  EXPECT_EQ(task.pass(20'000), "");
  EXPECT_EQ(task.notifications().size(), told);
  const v1::Alert& alert = task.alerts().begin()->second;
  EXPECT_EQ(alert.acknowledged_by(), "bob");
  EXPECT_EQ(alert.acknowledged_at_us(), kStart + 200 * kSecondUs);
  EXPECT_EQ(alert.acknowledged_note(), "the night shift");

  // Who takes all on that match takes nothing from anybody.
  signal.mutable_acknowledgement()->clear_fingerprint();
  signal.mutable_acknowledgement()->set_by("ann");
  *signal.mutable_acknowledgement()->add_matcher() =
      labels::Matcher::parse("service=chat")->proto();
  EXPECT_EQ(task.say(signal, 20'100), "");
  EXPECT_EQ(task.state(),
            "alert chat page-1h firing acknowledged by bob\n"
            "group oncall {}:{service=\"chat\"} #2: chat page-1h\n");
}

TEST(AlertRoutes, TheFirstThatMatchesHolds) {
  Config config = config_for({"chat", "oncall", "rest"});
  config.routes = {route("severity=page", {"oncall"}),
                   route("severity=~\"page|ticket\"", {"chat"})};
  config.inhibit.clear();
  AlertTask task(config);
  task.tick(change("a", "p", "page"), 0);
  task.tick(change("b", "t", "ticket"), 10);
  EXPECT_EQ(told(task), "oncall 1 0, chat 1 0");
}

TEST(AlertRoutes, FurtherOnesHoldWhereOneSaysSo) {
  Config config = config_for({"chat", "oncall"});
  config.routes = {route("severity=page", {"oncall"}), route("service=a", {"chat"})};
  config.routes[0].go_on = true;
  AlertTask task(config);
  task.tick(change("a"), 0);
  EXPECT_EQ(told(task), "chat 1 0, oncall 1 0");
  EXPECT_EQ(task.alerts().begin()->second.receiver_size(), 2);
  EXPECT_EQ(task.notifications()[1].group_key(), "{}/{severity=\"page\"}:{service=\"a\"}");
}

TEST(AlertRoutes, WhatNoneMatchesGoesToEverybody) {
  Config config = config_for({"chat", "oncall"});
  config.routes = {route("severity=ticket", {"chat"})};
  AlertTask task(config);
  task.tick(change("a"), 0);
  EXPECT_EQ(told(task), "chat 1 0, oncall 1 0");
}

TEST(AlertRoutes, WhomTheObjectiveNamesIsTold) {
  v1::ConditionChange named = change("a");
  named.add_notify("chat");
  named.add_notify("somebody else");
  AlertTask task(config_for({"chat", "oncall"}));
  task.tick(named, 0);
  EXPECT_EQ(told(task), "chat 1 0");
}

TEST(AlertRoutes, WithoutReceiversAlertsAreKeptAllTheSame) {
  AlertTask task(config_for({}));
  EXPECT_EQ(task.tick(change(), 0), "decision chat page-1h fired: it burns\n");
  EXPECT_EQ(task.state(), "alert chat page-1h firing\n");
}

TEST(AlertRoutes, ANewReceiverIsToldOfWhatFiresAlready) {
  AlertTask task;
  task.tick(change(), 0);
  task.commit();
  task.config.receivers = {"chat", "oncall"};
  task.restart();
  EXPECT_EQ(task.pass(10),
            "notify chat first {}:{service=\"chat\"} #1: +chat page-1h\n"
            "decision chat page-1h grouped: the group is new\n");
  EXPECT_EQ(task.state(),
            "alert chat page-1h firing\n"
            "group chat {}:{service=\"chat\"} #1: chat page-1h\n"
            "group oncall {}:{service=\"chat\"} #1: chat page-1h\n");
  task.commit();
  task.restart();
  EXPECT_EQ(task.pass(20), "");
}

TEST(AlertRoutes, AGroupWhoseReceiverIsGoneIsDropped) {
  AlertTask task;
  task.tick(change(), 0);
  task.commit();
  task.config.receivers = {"other"};
  task.restart();
  EXPECT_EQ(task.state(), "alert chat page-1h firing\n");
}

}  // namespace
}  // namespace weir::alert
