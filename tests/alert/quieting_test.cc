// Of what nobody is told: silences and inhibition; and what becomes a digest: storms and backlogs.
#include <sstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/alert/alert_task.h"

namespace weir::alert {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

v1::Signal silence(std::string_view match, std::int64_t from, std::int64_t to,
                   const std::string& id = "s1") {
  v1::Signal signal;
  v1::Silence& silence = *signal.mutable_silence();
  silence.set_id(id);
  *silence.add_matcher() = labels::Matcher::parse(match)->proto();
  silence.set_starts_at_us(kStart + from * kSecondUs);
  silence.set_ends_at_us(kStart + to * kSecondUs);
  silence.set_by("ann");
  silence.set_reason("roll-out");
  return signal;
}

TEST(AlertSilences, HideWhatMatchesUntilTheyEnd) {
  AlertTask task;
  EXPECT_EQ(task.say(silence("service=chat", 0, 100), 0), "");
  EXPECT_EQ(task.tick(change(), 10),
            "decision chat page-1h fired: it burns\n"
            "decision chat page-1h silenced: silence s1 of ann until 2023-11-14T00:01:40Z: "
            "roll-out\n");
  EXPECT_EQ(task.state(),
            "alert chat page-1h firing silenced\n"
            "group oncall {}:{service=\"chat\"} #0: chat page-1h untold\n"
            "silence s1\n");
  EXPECT_EQ(task.pass(100),
            "decision chat page-1h released: neither a silence nor another alert hides it any "
            "more\n"
            "notify oncall first {}:{service=\"chat\"} #1: +chat page-1h\n"
            "decision chat page-1h grouped: the group is new\n");
}

TEST(AlertSilences, OfWhatResolvesMeanwhileNobodyIsToldAnything) {
  AlertTask task;
  task.say(silence("service=chat", 0, 1'000), 0);
  task.tick(change(), 10);
  task.tick(quiet(change()), 20);
  EXPECT_EQ(
      task.pass(100),
      "decision chat page-1h resolved: it is quiet; so for at least 1m\n"
      "decision chat page-1h lapsed: it resolved while it was hidden; no notification has told "
      "oncall of it\n");
  EXPECT_TRUE(task.notifications().empty());
  EXPECT_EQ(task.state(), "alert chat page-1h resolved silenced\nsilence s1\n");
}

TEST(AlertSilences, TheEndOfWhatWasToldIsTold) {
  AlertTask task;
  task.tick(change(), 0);
  task.say(silence("service=chat", 10, 1'000), 10);
  task.tick(quiet(change()), 20);
  EXPECT_EQ(
      task.pass(100),
      "decision chat page-1h resolved: it is quiet; so for at least 1m\n"
      "notify oncall resolved {}:{service=\"chat\"} #2: -chat page-1h\n"
      "decision chat page-1h grouped: nothing of the group fires any more that is not hidden\n");
}

TEST(AlertSilences, EndWhereSomebodyEndsThem) {
  AlertTask task;
  task.say(silence("service=chat", 0, 1'000), 0);
  task.tick(change(), 10);
  v1::Signal expiry;
  expiry.mutable_silence_expiry()->set_id("s1");
  task.say(expiry, 20);
  EXPECT_EQ(task.notifications().size(), 1U);
  EXPECT_EQ(task.state(),
            "alert chat page-1h firing\ngroup oncall {}:{service=\"chat\"} #1: chat page-1h\n");
}

TEST(AlertSilences, AboveTheMostThatAreKeptOneIsToldAsEndedUntilOthersHaveEnded) {
  AlertTask task;
  for (std::size_t i = 0; i < labels::kMaxSilences; ++i)
    task.say(silence("service=other", 0, 100, fmt::format("s{}", i)), 0);
  task.tick(change(), 10);
  EXPECT_EQ(task.say(silence("service=chat", 0, 1'000, "more"), 20), "");
  EXPECT_EQ(task.silences().back().id(), "more");
  EXPECT_EQ(task.silences().back().ends_at_us(), kStart + 20 * kSecondUs);
  EXPECT_EQ(task.probe.unknown_signals.value(), 1U);
  EXPECT_THAT(task.say(silence("service=chat", 0, 1'000, "later"), 100),
              HasSubstr("chat page-1h silenced: silence later"));
  EXPECT_EQ(task.silences().back().ends_at_us(), kStart + 1'000 * kSecondUs);
  EXPECT_THAT(task.state(), AllOf(HasSubstr("\nsilence later\n"), Not(HasSubstr("\nsilence s"))));
}

TEST(AlertInhibition, ATicketIsHiddenWhileThePageOfItsObjectiveFires) {
  AlertTask task;
  task.say(change("chat", "ticket-1d", "ticket"), 0);
  EXPECT_EQ(task.tick(change(), 0),
            "decision chat page-1h fired: it burns\n"
            "decision chat ticket-1d inhibited: chat page-1h fires (" +
                fingerprint_of(change()) +
                ")\n"
                "notify oncall first {}:{service=\"chat\"} #1: +chat page-1h\n"
                "decision chat page-1h grouped: the group is new\n");
  task.tick(quiet(change()), 100);
  EXPECT_EQ(task.pass(160),
            "decision chat page-1h resolved: it is quiet; so for at least 1m\n"
            "decision chat ticket-1d released: neither a silence nor another alert hides it any "
            "more\n"
            "notify oncall changed {}:{service=\"chat\"} #2: +chat ticket-1d -chat page-1h\n"
            "decision chat ticket-1d grouped: the group changed; told with 1 other\n"
            "decision chat page-1h grouped: the group changed; told with 1 other\n");
}

TEST(AlertInhibition, ThatNothingComesAnyMoreIsToldBesideAPage) {
  AlertTask task;
  task.tick(change(), 0);
  EXPECT_EQ(task.tick(change("chat", "silent", "ticket"), 100),
            "decision chat silent fired: it burns\n"
            "notify oncall changed {}:{service=\"chat\"} #2: +chat silent +chat page-1h\n"
            "decision chat silent grouped: the group changed; told with 1 other\n");
}

TEST(AlertInhibition, IsSaidOnceHoweverManyHideIt) {
  AlertTask task;
  task.say(change("chat", "ticket-1d", "ticket"), 0);
  EXPECT_THAT(task.tick(change(), 0), HasSubstr("chat ticket-1d inhibited"));
  const std::string joined = task.tick(change("chat", "page-6h"), 10);
  EXPECT_THAT(joined, HasSubstr("decision chat page-6h fired"));
  EXPECT_THAT(joined, Not(HasSubstr("inhibited")));
  task.tick(quiet(change()), 100);
  EXPECT_THAT(task.pass(160), Not(HasSubstr("ticket-1d")));  // the other still hides it
  EXPECT_THAT(task.say(silence("condition=ticket-1d", 160, 170), 160),
              HasSubstr("chat ticket-1d silenced: silence s1"));
  EXPECT_THAT(task.pass(170), HasSubstr("chat ticket-1d inhibited: chat page-6h fires"));
}

TEST(AlertSilences, AreSaidOnceHoweverManyHideIt) {
  AlertTask task;
  task.tick(change(), 0);
  EXPECT_THAT(task.say(silence("service=chat", 10, 100), 10), HasSubstr("silenced: silence s1"));
  EXPECT_THAT(task.say(silence("service=~c.*", 20, 200, "s2"), 20), Not(HasSubstr("silenced")));
  EXPECT_THAT(task.pass(100), Not(HasSubstr("chat page-1h")));
  EXPECT_THAT(task.pass(200), HasSubstr("chat page-1h released"));
}

TEST(AlertInhibition, OnlyWhereTheLabelsAreAlike) {
  AlertTask task;
  task.say(change("chat-a", "ticket-1d", "ticket"), 0);
  task.tick(change("chat-b"), 0);
  EXPECT_EQ(task.notifications()[0].firing(), 2U);
}

/// So many services alarm at once.
void storm(AlertTask& task, int services, std::int64_t at) {
  for (int i = 0; i < services; ++i) task.say(change(fmt::format("s{:02}", i)), at);
}

TEST(AlertStorm, ManyGroupsAtOnceAreOneDigestThatListsAll) {
  AlertTask task;
  storm(task, 6, 0);
  task.pass(0);
  ASSERT_EQ(task.notifications().size(), 1U);
  const v1::Notification& digest = task.notifications()[0];
  EXPECT_EQ(digest.reason(), v1::NOTIFICATION_REASON_DIGEST);
  EXPECT_EQ(digest.firing(), 6U);
  EXPECT_EQ(digest.alert_size(), 6);
  EXPECT_EQ(digest.digest_group_size(), 6);
  EXPECT_EQ(digest.digest_cause(), "6 groups changed at once");
  EXPECT_EQ(task.decisions().back().kind(), v1::DECISION_KIND_GROUPED);
  EXPECT_EQ(task.decisions().back().reference(), "digest");
  EXPECT_EQ(task.probe.digests.value(), 1U);
  EXPECT_EQ(digest.title(),
            fmt::format("{0} page-1h ({0}): it burns | ", digest.alert(0).condition().objective()) +
                "6 alerts fire: {alertname=\"ErrorBudgetBurn\", condition=\"page-1h\", "
                "severity=\"page\"}");
}

/// "digest 8, digest 16": what was told since `from`, and how much of it fires.
std::string told_since(const AlertTask& task, std::size_t from) {
  std::vector<std::string> told;
  for (std::size_t i = from; i < task.notifications().size(); ++i)
    told.push_back(fmt::format("{} {}", task.notifications()[i].group_key(),
                               task.notifications()[i].firing()));
  return fmt::format("{}", fmt::join(told, ", "));
}

TEST(AlertStorm, TheNextWaveIsADigestHoweverSoonItComes) {
  AlertTask task;
  storm(task, 8, 0);
  task.pass(0);
  for (int i = 8; i < 16; ++i) task.say(change(fmt::format("s{:02}", i)), 25);
  task.pass(25);
  EXPECT_EQ(told_since(task, 0), "digest 8, digest 16");
}

TEST(AlertStorm, WhatADigestToldIsRepeatedByADigest) {
  for (const int groups : {8, 2}) {
    Config config = config_for();
    config.grouping.repeat_us = kHourUs;
    config.storm.groups_at_once = groups == 2 ? 1 : 5;
    AlertTask task(config);
    task.restart_always();
    storm(task, groups, 0);
    task.pass(0);
    task.config.storm.groups_at_once = 5;  // so that two are few
    task.restart();
    EXPECT_THAT(task.pass(3'600),
                HasSubstr(fmt::format("grouped: nobody has acknowledged {} groups "
                                      "yet; told with {} other",
                                      groups, groups - 1)));
    EXPECT_EQ(told_since(task, 0), fmt::format("digest {0}, digest {0}", groups));
    EXPECT_EQ(task.pass(3'610), "");
  }
}

TEST(AlertStorm, RepeatsOfManyGroupsAreOneDigest) {
  Config config = config_for();
  config.grouping.repeat_us = kHourUs;
  config.grouping.interval_us = 0;
  config.storm.groups_at_once = 10;
  AlertTask task(config);
  storm(task, 6, 0);
  task.pass(0);
  EXPECT_EQ(task.notifications().size(), 6U);
  task.commit();
  task.config.storm.groups_at_once = 5;
  task.restart();
  task.pass(3'600);
  EXPECT_EQ(told_since(task, 6), "digest 6");
}

TEST(AlertStorm, DigestsCountForTheShare) {
  Config config = config_for();
  config.storm.per_hour = 2;
  config.storm.groups_at_once = 1;
  AlertTask task(config);
  for (int wave = 0; wave < 3; ++wave) {
    for (int i = 0; i < 2; ++i) task.say(change(fmt::format("w{}s{}", wave, i)), wave * 10);
    task.pass(wave * 10);
  }
  EXPECT_EQ(told_since(task, 0), "digest 2, digest 4");
  EXPECT_EQ(task.decisions().back().kind(), v1::DECISION_KIND_THROTTLED);
  task.pass(310);
  EXPECT_EQ(told_since(task, 2), "digest 6");
}

TEST(AlertStorm, RepeatsLeaveADigestToWhatHasChanged) {
  Config config = config_for();
  config.grouping.repeat_us = kMinuteUs;
  config.storm = {.per_hour = 1, .digest_every_us = 30 * kSecondUs, .groups_at_once = 1};
  AlertTask task(config);
  storm(task, 2, 0);
  task.pass(0);
  task.commit();
  task.config.storm.groups_at_once = 5;  // so that three are few
  task.restart();
  task.say(change("s02"), 60);
  task.pass(60);
  EXPECT_EQ(told_since(task, 0), "digest 2, digest 3");
}

TEST(AlertStorm, AboveItsShareAReceiverGetsDigestsFromTimeToTime) {
  Config config = config_for();
  config.storm.per_hour = 2;
  AlertTask task(config);
  for (int i = 0; i < 5; ++i) {
    task.say(change(fmt::format("s{:02}", i)), i * 10);
    task.pass(i * 10);
  }
  std::vector<std::string> told;
  for (const v1::Notification& each : task.notifications())
    told.push_back(fmt::format("{} {}", each.group_key(), each.firing()));
  EXPECT_EQ(fmt::format("{}", fmt::join(told, "\n")),
            "{}:{service=\"s00\"} 1\n{}:{service=\"s01\"} 1\ndigest 1");
  EXPECT_EQ(task.decisions().back().kind(), v1::DECISION_KIND_THROTTLED);
  task.pass(320);
  EXPECT_EQ(task.notifications().back().group_key(), "digest");
  EXPECT_EQ(task.notifications().back().firing(), 3U);  // what stands of the first one, too
  EXPECT_EQ(task.notifications().back().digest_cause(), "oncall was told 2 times within an hour");
}

TEST(AlertSilences, WhatIsHiddenWhenItsGroupIsOverBeginsAnew) {
  AlertTask task;
  task.restart_always();
  task.say(change(), 0);
  task.tick(change("chat", "page-6h"), 0);
  task.say(silence("condition=page-6h", 10, 100), 10);
  task.tick(quiet(change()), 20);
  EXPECT_THAT(task.pass(80), HasSubstr("notify oncall resolved {}:{service=\"chat\"} #2: -chat "
                                       "page-1h\n"));
  EXPECT_THAT(task.pass(100), HasSubstr("notify oncall first {}:{service=\"chat\"} #1: +chat "
                                        "page-6h\n"));
}

TEST(AlertStorm, OfADigestOnlyWhatStandsIsKept) {
  Config config = config_for();
  config.keep_firing_us = 0;
  AlertTask task(config);
  storm(task, 6, 0);
  task.pass(0);
  for (int i = 0; i < 5; ++i) task.say(quiet(change(fmt::format("s{:02}", i))), 10);
  task.pass(10);
  EXPECT_THAT(task.state(), HasSubstr("group oncall digest #0: s05 page-1h\n"));
}

TEST(AlertStorm, WhatIsOpenUnderAnotherKeyIsClosed) {
  Config config = config_for();
  config.storm.per_hour = 1;
  config.keep_firing_us = 0;
  AlertTask task(config);
  task.restart_always();
  const auto told = [&](const std::string& text) {
    std::string notified;
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);)
      if (line.starts_with("notify")) notified += line + "\n";
    return notified;
  };
  EXPECT_EQ(told(task.tick(change("a"), 0)),
            "notify oncall first {}:{service=\"a\"} #1: +a page-1h\n");
  EXPECT_EQ(
      told(task.tick(change("b"), 10)),
      "notify oncall digest digest #1: +b page-1h (oncall was told 1 times within an hour)\n");
  EXPECT_EQ(told(task.tick(quiet(change("a")), 20)), "");  // it waits for the next digest
  EXPECT_EQ(told(task.pass(320)),
            "notify oncall digest digest #1: +b page-1h -a page-1h (oncall was told 1 times within "
            "an hour)\n"
            "notify oncall resolved {}:{service=\"a\"} #2: -a page-1h closes\n");
  EXPECT_EQ(told(task.tick(quiet(change("b")), 330)),
            "notify oncall resolved digest #1: -b page-1h closes\n");
  EXPECT_EQ(
      told(task.pass(640)),
      "notify oncall digest digest #1: -b page-1h (oncall was told 1 times within an hour)\n");
  EXPECT_EQ(task.state(), "alert a page-1h resolved\nalert b page-1h resolved\n");
}

TEST(AlertStorm, ADigestListsShortlyWhatHasNoRoom) {
  Config config = config_for();
  config.max_alerts = 3'000;
  AlertTask task(config);
  for (int i = 0; i < 3'000; ++i) task.say(change(fmt::format("s{:04}", i)), 0);
  task.pass(0);
  ASSERT_EQ(task.notifications().size(), 1U);
  const v1::Notification& digest = task.notifications()[0];
  EXPECT_EQ(digest.alert_size(), 100);
  EXPECT_EQ(digest.more_size(), 2'900);
  EXPECT_EQ(digest.truncated(), 2'900U);
  EXPECT_LT(digest.ByteSizeLong(), 1U << 20);
  EXPECT_FALSE(digest.more(0).summary().empty());
}

TEST(AlertBacklog, WhatBeganAndEndedDuringAnOutageIsOneDigest) {
  AlertTask task;
  task.pass(0);
  task.lag = 3'600;
  task.pass(10);
  task.tick(change("a"), 60);
  task.tick(change("b"), 120);
  task.tick(quiet(change("a")), 300);
  task.lag = 3'200;
  task.tick(change("c"), 400);
  EXPECT_TRUE(task.notifications().empty());
  EXPECT_EQ(task.decisions().back().kind(), v1::DECISION_KIND_THROTTLED);
  task.lag = 0;
  task.pass(3'650);
  ASSERT_EQ(task.notifications().size(), 1U);
  EXPECT_EQ(task.notifications()[0].firing(), 2U);
  EXPECT_EQ(task.notifications()[0].resolved(), 1U);
  EXPECT_EQ(task.notifications()[0].digest_cause(),
            "Weir was behind and has caught up: all that changed meanwhile");
}

TEST(AlertBacklog, WhereItLastsTheDigestDoesNotWaitForItsEnd) {
  AlertTask task;
  task.lag = 3'600;
  task.pass(0);
  task.tick(change("a"), 60);
  EXPECT_TRUE(task.notifications().empty());
  task.pass(300);
  ASSERT_EQ(task.notifications().size(), 1U);
  EXPECT_EQ(task.notifications()[0].digest_cause(),
            "Weir is behind its events since 2023-11-14T01:00:00Z");
}

}  // namespace
}  // namespace weir::alert
