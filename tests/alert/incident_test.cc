// What somebody is told who keeps an incident of each group, as PagerDuty does: one that is
// acknowledged wakes nobody any more.
#include <gtest/gtest.h>

#include "tests/alert/alert_task.h"

namespace weir::alert {
namespace {

/// What PagerDuty is sent since `from`: "trigger chat 2" of so many that fire.
std::string sent(const AlertTask& task, std::size_t& from) {
  std::string text;
  for (; from < task.notifications().size(); ++from) {
    const v1::Notification& each = task.notifications()[from];
    std::string action = each.acknowledged() == each.firing() ? "acknowledge" : "trigger";
    if (each.closes() || each.firing() == 0 || each.sequence() == 0) action = "resolve";
    const bool alone = each.reason() == v1::NOTIFICATION_REASON_INCIDENT;
    text += fmt::format("{}{} {}{} {}", text.empty() ? "" : ", ", action,
                        each.group_key() == "digest" ? "digest" : each.group_label(0).value(),
                        alone ? " alone" : "", each.firing());
  }
  return text;
}

class AlertIncidents : public testing::Test {
 protected:
  static Config config() {
    Config config = config_for();
    config.grouping.interval_us = 0;
    config.keep_firing_us = 0;
    config.storm.groups_at_once = 1;
    return config;
  }

  std::string tick(const v1::ConditionChange& change, std::int64_t at) {
    task_.tick(change, at);
    return sent(task_, from_);
  }
  std::string pass(std::int64_t at) {
    task_.pass(at);
    return sent(task_, from_);
  }
  std::string take_on(const v1::ConditionChange& change, std::int64_t at) {
    v1::Signal signal;
    signal.mutable_acknowledgement()->set_fingerprint(fingerprint_of(change));
    signal.mutable_acknowledgement()->set_by("ann");
    task_.say(signal, at);
    return sent(task_, from_);
  }
  std::string silence(const v1::ConditionChange& change, std::int64_t from, std::int64_t to) {
    v1::Signal signal;
    v1::Silence& silence = *signal.mutable_silence();
    silence.set_id("s1");
    *silence.add_matcher() = labels::Matcher::parse("objective=" + change.objective())->proto();
    silence.set_starts_at_us(kStart + from * kSecondUs);
    silence.set_ends_at_us(kStart + to * kSecondUs);
    task_.say(signal, from);
    return sent(task_, from_);
  }
  /// All at once.
  std::string storm(const std::vector<v1::ConditionChange>& changes, std::int64_t at) {
    for (const v1::ConditionChange& each : changes) task_.say(each, at);
    return pass(at);
  }

  void SetUp() override { task_.restart_always(); }

  AlertTask task_{config()};
  std::size_t from_ = 0;
};

TEST_F(AlertIncidents, OneOfSeveralThatIsTakenOnQuietsNothing) {
  EXPECT_EQ(storm({change("chat-a"), change("chat-b")}, 0), "trigger chat 2");
  EXPECT_EQ(take_on(change("chat-a"), 10), "trigger chat 2");
  EXPECT_EQ(take_on(change("chat-b"), 20), "acknowledge chat 2");
}

TEST_F(AlertIncidents, AllThatMatchIsTakenOnAtOnce) {
  storm({change("chat-a"), change("chat-b"), change("chat-b", "page-6h")}, 0);
  v1::Signal signal;
  v1::Acknowledgement& said = *signal.mutable_acknowledgement();
  *said.add_matcher() = labels::Matcher::parse("objective=chat-b")->proto();
  said.set_by("ann");
  task_.say(signal, 10);
  EXPECT_EQ(sent(task_, from_), "trigger chat 3");
  EXPECT_EQ(task_.notifications().back().acknowledged(), 2U);
  *said.mutable_matcher(0) = labels::Matcher::parse("service=chat")->proto();
  said.set_by("bob");
  const std::string taken = task_.say(signal, 20);
  EXPECT_NE(taken.find("chat-a page-1h acknowledged: bob took it on"), std::string::npos) << taken;
  EXPECT_EQ(taken.find("chat-b page-1h acknowledged"), std::string::npos) << "ann has: " << taken;
  EXPECT_EQ(sent(task_, from_), "acknowledge chat 3");
  task_.say(signal, 30);  // nobody is left
  EXPECT_EQ(sent(task_, from_), "");
  EXPECT_EQ(task_.probe.unknown_signals.value(), 1U);
}

TEST_F(AlertIncidents, WhatIsLeftMayBeTakenOnAlready) {
  storm({change("chat-a"), change("chat-b")}, 0);
  take_on(change("chat-a"), 10);
  EXPECT_EQ(tick(quiet(change("chat-b")), 20), "acknowledge chat 1");
  EXPECT_EQ(tick(quiet(change("chat-a")), 30), "resolve chat 0");
}

TEST_F(AlertIncidents, ANewPageIsAnotherIncidentWhereTheOneBeforeIsTakenOn) {
  tick(change("chat-a"), 0);
  EXPECT_EQ(take_on(change("chat-a"), 10), "acknowledge chat 1");
  EXPECT_EQ(tick(change("chat-b"), 20), "resolve chat alone 0, trigger chat 2");
  const auto& told = task_.notifications();
  EXPECT_NE(told[told.size() - 2].id(), told.back().id());
  EXPECT_EQ(told.back().sequence(), 1U);
  EXPECT_EQ(told.back().reason(), v1::NOTIFICATION_REASON_CHANGED);
  EXPECT_EQ(tick(change("chat-c"), 30), "trigger chat 3");
}

TEST_F(AlertIncidents, WhatWasHiddenWhenItWasTakenOnIsAnotherIncident) {
  storm({change("chat-a"), change("chat-b")}, 0);
  silence(change("chat-b"), 10, 100);
  EXPECT_EQ(take_on(change("chat-a"), 20), "acknowledge chat 1");
  EXPECT_EQ(pass(100), "resolve chat alone 0, trigger chat 2");
}

TEST_F(AlertIncidents, OfADigestIsTakenOnWhereAllOfItIs) {
  EXPECT_EQ(storm({change("a"), change("b")}, 0), "trigger digest 2");
  EXPECT_EQ(take_on(change("a"), 10), "resolve a 1");  // nothing is open there
  EXPECT_EQ(take_on(change("b"), 20), "resolve b 1, acknowledge digest alone 2");
  EXPECT_EQ(pass(30), "");
  EXPECT_EQ(storm({change("c"), change("d")}, 40), "resolve digest alone 0, trigger digest 4");
  EXPECT_EQ(tick(quiet(change("c")), 50), "resolve c 0");
  EXPECT_EQ(task_.notifications().back().sequence(), 0U) << "nothing is open there";
  EXPECT_EQ(tick(quiet(change("d")), 60), "resolve d 0, acknowledge digest alone 2");
}

TEST_F(AlertIncidents, WhatWasHiddenWhenADigestWasTakenOnBeginsAnew) {
  storm({change("a"), change("b")}, 0);
  silence(change("b"), 10, 100);
  EXPECT_EQ(take_on(change("a"), 20), "resolve a 1, acknowledge digest alone 1");
  EXPECT_EQ(pass(100), "trigger b 1");
}

TEST_F(AlertIncidents, OfADigestEndsWithTheLastThatIsShown) {
  storm({change("a"), change("b")}, 0);
  silence(change("b"), 10, 100);
  EXPECT_EQ(pass(20), "");  // a silence alone ends nothing
  EXPECT_EQ(tick(quiet(change("a")), 30), "resolve a 0, resolve digest 0");
  EXPECT_EQ(pass(100), "trigger b 1");
}

TEST_F(AlertIncidents, WhatTheNextDigestDoesNotShowIsAnotherIncident) {
  storm({change("a"), change("b")}, 0);
  silence(change("b"), 10, 100);
  EXPECT_EQ(storm({change("c"), change("d")}, 20), "trigger digest 3");
  EXPECT_EQ(pass(100), "trigger b 1");
  EXPECT_EQ(tick(quiet(change("a")), 110), "resolve a 0");
  EXPECT_EQ(tick(quiet(change("c")), 120), "resolve c 0");
  EXPECT_EQ(tick(quiet(change("d")), 130), "resolve d 0, resolve digest 0");
}

TEST_F(AlertIncidents, AGroupThatIsOpenFollowsTheDigestThatTellsOfIt) {
  tick(change("a-1"), 0);
  take_on(change("a-1"), 10);
  EXPECT_EQ(storm({change("a-2"), change("b")}, 20), "trigger digest 3, resolve a alone 0");
  EXPECT_EQ(tick(change("a-3"), 30), "trigger a 3");
}

}  // namespace
}  // namespace weir::alert
