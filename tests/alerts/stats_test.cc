#include "sinks/results/alert_stats.h"

#include <gtest/gtest.h>

#include "tests/fakes/memory_log.h"

namespace weir::results {
namespace {

/// At a second of both times.
v1::Decision decision(std::int64_t at, const std::string& alert, v1::DecisionKind kind,
                      std::uint32_t life = 1, const std::string& notification = "") {
  v1::Decision decision;
  decision.set_fingerprint(alert);
  decision.set_life(life);
  decision.set_kind(kind);
  decision.set_time_us(at * kSecondUs);
  decision.set_append_time_us((at + 5) * kSecondUs);
  decision.set_service(alert.substr(0, 1));
  decision.set_notification_id(notification);
  return decision;
}

AllAlertStats stats_of(const std::vector<v1::Decision>& decisions) {
  AlertTally tally;
  for (const v1::Decision& each : decisions) tally.take(each);
  return alert_stats(tally);
}

TEST(AlertStatistics, OfNothingAreAbsent) {
  EXPECT_EQ(to_json(stats_of({}))["all"].dump(),
            R"({"fired":0,"hidden":0,"acknowledged":0,"useful":0,"not_useful":0,)"
            R"("notifications":0,"sent":0,"failed":0,"incidents":0,"signal_to_noise":null,)"
            R"("precision":null,"mtta_s":null,"mttr_s":null,"mtbf_s":null})");
}

TEST(AlertStatistics, CountLivesAndTheirTimes) {
  using enum v1::DecisionKind;
  const std::vector<v1::Decision> decisions = {
      decision(0, "a1", DECISION_KIND_FIRED), decision(0, "a1", DECISION_KIND_GROUPED, 1, "n1"),
      decision(1, "a1", DECISION_KIND_SENT, 1, "n1"), decision(10, "a2", DECISION_KIND_FIRED),
      decision(10, "a2", DECISION_KIND_GROUPED, 1, "n1"),
      decision(30, "a1", DECISION_KIND_ACKNOWLEDGED),
      // Taken over.
      decision(50, "a1", DECISION_KIND_ACKNOWLEDGED), decision(60, "a1", DECISION_KIND_RESOLVED),
      decision(100, "a2", DECISION_KIND_RESOLVED), decision(110, "a1", DECISION_KIND_USEFUL),
      decision(120, "a2", DECISION_KIND_NOT_USEFUL), decision(400, "a1", DECISION_KIND_FIRED, 2),
      decision(500, "b1", DECISION_KIND_FIRED)};

  const AllAlertStats stats = stats_of(decisions);

  EXPECT_EQ(to_json(stats)["all"].dump(),
            R"({"fired":4,"hidden":0,"acknowledged":1,"useful":1,"not_useful":1,)"
            R"("notifications":1,"sent":1,"failed":0,"incidents":3,"signal_to_noise":0.25,)"
            R"("precision":0.5,"mtta_s":30.0,"mttr_s":75.0,"mtbf_s":300.0})");
  EXPECT_EQ(stats.by_service.at("a").incidents, 2);
  EXPECT_EQ(stats.by_service.at("b").incidents, 1);
  EXPECT_FALSE(stats.by_service.at("b").time_to_resolve_us);
}

// Who keeps incidents is told that somebody took one on.
TEST(AlertStatistics, WhatAlertDidNotDecideToTellIsNotSent) {
  using enum v1::DecisionKind;
  const AlertStats stats = stats_of({decision(0, "a1", DECISION_KIND_FIRED),
                                     decision(0, "a1", DECISION_KIND_GROUPED, 1, "n1"),
                                     decision(1, "a1", DECISION_KIND_SENT, 1, "n1"),
                                     decision(30, "a1", DECISION_KIND_ACKNOWLEDGED),
                                     decision(31, "a1", DECISION_KIND_SENT, 1, "i1"),
                                     decision(31, "a1", DECISION_KIND_FAILED, 1, "i2")})
                               .all;
  EXPECT_EQ(fmt::format("{} told, {} sent, {} failed", stats.told, stats.sent, stats.failed),
            "1 told, 1 sent, 0 failed");
}

// The ticket beside a page, one that is released, one that somebody takes on all the same.
TEST(AlertStatistics, WhatWasHiddenIsNoNoise) {
  using enum v1::DecisionKind;
  const std::vector<v1::Decision> decisions = {decision(0, "a1", DECISION_KIND_FIRED),
                                               decision(0, "a2", DECISION_KIND_FIRED),
                                               decision(0, "a3", DECISION_KIND_FIRED),
                                               decision(0, "a4", DECISION_KIND_FIRED),
                                               decision(0, "a2", DECISION_KIND_INHIBITED),
                                               decision(0, "a3", DECISION_KIND_SILENCED),
                                               decision(0, "a4", DECISION_KIND_INHIBITED),
                                               decision(0, "a1", DECISION_KIND_GROUPED, 1, "n1"),
                                               decision(30, "a4", DECISION_KIND_ACKNOWLEDGED),
                                               decision(60, "a3", DECISION_KIND_RELEASED),
                                               decision(60, "a3", DECISION_KIND_GROUPED, 1, "n2"),
                                               decision(90, "a2", DECISION_KIND_RESOLVED)};

  const AlertStats stats = stats_of(decisions).all;

  EXPECT_EQ(fmt::format("{} fired, {} hidden, {} actioned: {:.3f}", stats.fired, stats.hidden,
                        stats.actioned, stats.signal_to_noise.value_or(-1)),
            "4 fired, 1 hidden, 1 actioned: 0.333");
  const std::vector<v1::Decision> alone = {decisions[1], decisions[4]};
  EXPECT_EQ(stats_of(alone).all.hidden, 1);
  EXPECT_FALSE(stats_of(alone).all.signal_to_noise);
}

TEST(AlertStatistics, WhatIsSaidOfALifeThatBeganEarlierIsNotCounted) {
  const std::vector<v1::Decision> decisions = {decision(0, "a1", v1::DECISION_KIND_RESOLVED),
                                               decision(1, "a1", v1::DECISION_KIND_USEFUL)};
  EXPECT_EQ(stats_of(decisions).all.fired, 0);
  EXPECT_FALSE(stats_of(decisions).all.precision);
}

/// Told when it was decided, as the append time says.
void append(fakes::MemoryLog& log, const std::vector<v1::Decision>& decisions) {
  std::vector<runtime::NewRecord> records;
  for (v1::Decision each : decisions) {
    each.set_version(1);
    records.push_back({.value = each.SerializeAsString(), .append_time_us = each.append_time_us()});
  }
  EXPECT_TRUE(log.append({std::string(kDecisionTopic), 0}, records));
}

TEST(AlertStatisticsBoard, SaysWhatAReadOfItsTimeWould) {
  using enum v1::DecisionKind;
  fakes::MemoryLog log;
  AlertStatsBoard board;
  EXPECT_TRUE(board.update(log));  // of a log without the topic
  EXPECT_TRUE(log.create_topic({.name = std::string(kDecisionTopic)}));
  EXPECT_TRUE(board.update(log));
  EXPECT_EQ(to_json(board.stats()), to_json(stats_of({})));

  const std::int64_t day = kDayUs / kSecondUs;
  for (std::int64_t at = 0; at < 70 * day; at += 5 * day) {
    const std::string alert = at % 2 == 0 ? "a1" : "b1";
    const auto life = static_cast<std::uint32_t>(at / day);
    const std::string notification = fmt::format("n{}", at / (20 * day));
    append(log, {decision(at, alert, DECISION_KIND_FIRED, life),
                 decision(at + 1, alert, DECISION_KIND_GROUPED, life, notification),
                 decision(at + 2, alert, DECISION_KIND_SENT, life, notification),
                 decision(at + 9, alert, DECISION_KIND_ACKNOWLEDGED, life),
                 decision(at + 9 * day, alert, DECISION_KIND_RESOLVED, life)});
    EXPECT_TRUE(board.update(log));
    const TimeUs last_us = (at + 9 * day + 5) * kSecondUs;
    const auto read = read_alert_stats(log, {.from_us = last_us - kBoardKeepsUs});
    ASSERT_TRUE(read);
    EXPECT_EQ(to_json(board.stats()), to_json(*read)) << at / day;
  }
}

TEST(AlertTally, NeverKeepsTwiceWhatItMay) {
  AlertTally tally(10, kHourUs);
  for (int i = 0; i < 1'000; ++i) {
    tally.take(decision(i, fmt::format("a{}", i), v1::DECISION_KIND_FIRED));
    tally.take(decision(i, "a", v1::DECISION_KIND_GROUPED, 1, fmt::format("n{}", i)));
    ASSERT_LT(tally.size(), 20U) << i;
  }
  ASSERT_FALSE(tally.lives().empty());
  EXPECT_EQ(tally.lives().rbegin()->first.first, "a999");
}

TEST(AlertStatisticsBoard, OfTooManyTheOlderHalfOfTheTimeIsForgotten) {
  fakes::MemoryLog log;
  EXPECT_TRUE(log.create_topic({.name = std::string(kDecisionTopic)}));
  constexpr std::int64_t kEach = kBoardKeepsUs / kSecondUs / AlertStatsBoard::kMaxTallied;
  std::vector<v1::Decision> decisions;
  for (std::size_t i = 0; i <= AlertStatsBoard::kMaxTallied; ++i)
    decisions.push_back(decision(static_cast<std::int64_t>(i) * kEach, fmt::format("a{}", i),
                                 v1::DECISION_KIND_FIRED));
  append(log, decisions);

  AlertStatsBoard board;
  EXPECT_TRUE(board.update(log));

  constexpr std::int64_t kHalfS = kBoardKeepsUs / kSecondUs / 2;
  EXPECT_EQ(board.stats().all.fired, kHalfS / kEach + 1);
}

}  // namespace
}  // namespace weir::results
