#include "sinks/webhook/backlog.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "tests/webhook/told.h"

namespace weir::webhook {
namespace {

const Outcome kTaken{.kind = Outcome::Kind::taken, .text = "200"};
const Outcome kAgain{.kind = Outcome::Kind::again, .text = "503"};
const Outcome kRefused{.kind = Outcome::Kind::refused, .text = "400"};
constexpr double kMost = 0.999'999;

class BacklogTest : public testing::Test {
 protected:
  // The record at the next offset says `id` about the one alert of group `key`, decided at `at`.
  void take(const std::string& key, char id, TimeUs at = 0) { take(key, id, {key}, at); }
  // The same of these alerts.
  void take(const std::string& key, char id, const std::vector<std::string>& alerts,
            TimeUs at = 0) {
    std::vector<v1::Alert> told;
    for (const std::string& each : alerts) told.push_back(make_alert({.fingerprint = each}));
    backlog_.take(backlog_.next_offset(),
                  Item{.key = key,
                       .record = record_of(make_notification(id, key, told)),
                       .append_time_us = at});
  }
  void skip() { backlog_.take(backlog_.next_offset(), std::nullopt); }
  // What is sent at `now`, by the first character of each id: "a b".
  std::string next(TimeUs now) { return ids(backlog_.next(now)); }
  static std::string ids(const std::vector<Item>& items) {
    std::string text;
    for (const Item& item : items) {
      if (!text.empty()) text += ' ';
      text += item.record.notification().id()[0];
    }
    return text.empty() ? "-" : text;
  }
  // "a sent after 2"
  std::string answered(const Outcome& outcome, TimeUs now, double jitter = kMost) {
    std::string text;
    for (const Finished& each : backlog_.answered(outcome, now, jitter))
      text += fmt::format("{} {} at {}; ", each.item.record.notification().id()[0],
                          each.sent ? "sent" : "failed", each.item.attempts);
    return text;
  }
  std::int64_t position() const { return backlog_.place().position; }

  BacklogOptions options_{.coalesce_after_us = kMinuteUs, .give_up_after_us = kHourUs};
  Backlog backlog_{options_, {.position = 10}};
};

TEST_F(BacklogTest, TellsInOrderAndThePositionFollows) {
  skip();
  take("g", 'a');
  take("g", 'b');
  EXPECT_EQ(position(), 11);
  EXPECT_EQ(next(0), "a");
  EXPECT_EQ(answered(kTaken, 1), "a sent at 1; ");
  EXPECT_EQ(position(), 12);
  EXPECT_EQ(next(1), "b");
  EXPECT_EQ(answered(kTaken, 2), "b sent at 1; ");
  EXPECT_EQ(next(2), "-");
  EXPECT_EQ(position(), 13);
}

TEST_F(BacklogTest, AnAlertThatIsNamedTwiceIsOne) {
  take("g", 'a', {"x", "x"});
  take("g", 'b', {"x"});
  EXPECT_EQ(next(0), "a");
  EXPECT_EQ(answered(kTaken, 1), "a sent at 1; ");
  EXPECT_EQ(next(1), "b");
}

TEST_F(BacklogTest, WhatTellsOfTheSameAlertsWaitsThroughADigestToo) {
  take("g", 'a', {"x"});
  take("digest", 'b', {"x", "y"});
  take("h", 'c', {"y"});
  take("i", 'd', {"z"});
  EXPECT_EQ(next(0), "a");
  EXPECT_EQ(answered(kRefused, 1), "a failed at 1; ");
  EXPECT_EQ(next(1), "b");
  EXPECT_EQ(answered(kAgain, 1), "");
  const TimeUs later = 1 + kMinuteUs;
  EXPECT_EQ(next(later), "d");  // and not what waits for the digest
  EXPECT_EQ(answered(kTaken, later), "d sent at 1; ");
  EXPECT_EQ(next(later), "b");
  EXPECT_EQ(answered(kTaken, later), "b sent at 2; ");
  EXPECT_EQ(next(later), "c");
}

TEST_F(BacklogTest, PausesLongerAfterEachFailureWithFullJitter) {
  take("g", 'a');
  TimeUs now = 0;
  for (const DurationUs ceiling : {500, 1000, 2000, 4000, 8000, 16'000, 32'000, 60'000, 60'000}) {
    EXPECT_EQ(next(now), "a");
    EXPECT_EQ(answered(kAgain, now, 0.5), "");
    const TimeUs due = now + ceiling * kMillisecondUs / 2;
    EXPECT_EQ(next(due - 1), "-") << ceiling;
    now = due;
  }
  EXPECT_EQ(next(now), "a");
  EXPECT_EQ(answered(kTaken, now), "a sent at 10; ");
}

TEST_F(BacklogTest, HonoursRetryAfter) {
  take("g", 'a');
  take("h", 'b');
  next(0);
  answered({.kind = Outcome::Kind::again, .retry_after = 5 * kMinuteUs}, 0, 0);
  EXPECT_TRUE(backlog_.paused(5 * kMinuteUs - 1));
  EXPECT_EQ(next(5 * kMinuteUs - 1), "-");
  EXPECT_EQ(next(5 * kMinuteUs), "b");  // no attempt of it failed yet
}

TEST_F(BacklogTest, WhatFailsAgainAndAgainHoldsUpNobodyElse) {
  take("poison", 'p');
  take("g", 'a');
  take("h", 'b');
  EXPECT_EQ(next(0), "p");
  answered(kAgain, 0, 0);
  EXPECT_EQ(next(0), "a");
  answered(kTaken, 0);
  EXPECT_EQ(next(0), "b");
  answered(kTaken, 0);
  EXPECT_EQ(next(0), "p");
  EXPECT_EQ(answered(kAgain, 0, 0), "");
  EXPECT_EQ(position(), 10);
  // Who goes on from there does not tell the others again.
  const Backlog before = backlog_;
  backlog_ = Backlog(options_, before.place());
  take("poison", 'p');
  take("g", 'a');
  take("h", 'b');
  take("g", 'c');
  EXPECT_EQ(backlog_.size(), 2U);
  EXPECT_EQ(next(0), "p");
  EXPECT_EQ(answered(kTaken, 0), "p sent at 1; ");
  EXPECT_EQ(position(), 13);
  EXPECT_EQ(next(0), "c");
}

// A digest tells of alerts of several groups.
TEST_F(BacklogTest, WhatTellsOfTheSameAlertIsToldInItsOrderWhateverItsKey) {
  take("digest", 'd', {"1", "2"});
  take("g", 'a', {"1"});
  take("h", 'b', {"3"});
  EXPECT_EQ(next(0), "d");
  answered(kAgain, 0, 0);
  EXPECT_EQ(next(0), "b");
  answered(kTaken, 0);
  EXPECT_EQ(next(0), "d");
  answered(kTaken, 0);
  EXPECT_EQ(next(0), "a");
}

TEST_F(BacklogTest, DoesNotFoldOverWhatAnotherKeyTellsInBetween) {
  take("digest", 'd', {"1", "2"});
  take("g", 'a', {"1"});
  take("digest", 'e', {"1", "3"});
  EXPECT_EQ(next(kHourUs), "d");
  answered(kTaken, 0);
  EXPECT_EQ(next(kHourUs), "a");
  answered(kTaken, 0);
  EXPECT_EQ(next(kHourUs), "e");
}

TEST_F(BacklogTest, WhatIsRefusedIsDoneWith) {
  take("g", 'a');
  take("g", 'b');
  next(0);
  EXPECT_EQ(answered(kRefused, 0), "a failed at 1; ");
  EXPECT_EQ(next(0), "b");
}

TEST_F(BacklogTest, GivesUpWhatIsTooOldAtItsNextFailure) {
  take("g", 'a');
  next(kHourUs - 1);
  EXPECT_EQ(answered(kAgain, kHourUs - 1, 0), "");
  next(kHourUs - 1);
  EXPECT_EQ(answered(kAgain, kHourUs, 0), "a failed at 2; ");
}

TEST_F(BacklogTest, WhatWaitedTooLongBecomesOneWithTheLastStateOfEachAlert) {
  const auto told = [](char id, const std::vector<v1::Alert>& alerts) {
    return Item{.key = "g", .record = record_of(make_notification(id, "g", alerts))};
  };
  const v1::Alert first = make_alert({.fingerprint = "1"});
  const v1::Alert ended = make_alert({.fingerprint = "2", .state = v1::ALERT_STATE_RESOLVED});
  const v1::Alert first_ended = make_alert({.fingerprint = "1", .state = v1::ALERT_STATE_RESOLVED});
  backlog_.take(10, told('a', {first, ended}));
  backlog_.take(11, told('b', {first}));
  backlog_.take(12, told('c', {first_ended}));
  EXPECT_EQ(next(kMinuteUs - 1), "a");
  answered(kAgain, kMinuteUs - 1, 0);
  const std::vector<Item> one = backlog_.next(kMinuteUs);
  EXPECT_EQ(ids(one), "c");
  const v1::Notification& notification = one.at(0).record.notification();
  ASSERT_EQ(notification.alert_size(), 2);
  EXPECT_EQ(notification.alert(0).SerializeAsString(), first_ended.SerializeAsString());
  EXPECT_EQ(notification.alert(1).SerializeAsString(), ended.SerializeAsString());
  EXPECT_EQ(notification.firing(), 0U);
  EXPECT_EQ(notification.resolved(), 2U);
  // Until it is taken, all of it would be read again.
  EXPECT_EQ(position(), 10);
  EXPECT_EQ(answered(kTaken, kMinuteUs), "c sent at 2; ");
  EXPECT_EQ(position(), 13);
}

// Somebody may have taken the open incident on where the receiver is, which Weir does not know.
TEST_F(BacklogTest, TheEndOfAGroupStaysApartFromItsNextBeginningHoweverOftenItComesAndGoes) {
  options_.keeps_incidents = true;
  backlog_ = Backlog(options_, {.position = 10});
  const auto take_end = [&](char id) {
    const v1::Alert over = make_alert({.fingerprint = "x", .state = v1::ALERT_STATE_RESOLVED});
    backlog_.take(backlog_.next_offset(),
                  Item{.key = "g", .record = record_of(make_notification(id, "g", {over}))});
  };
  for (const char* each : {"ab", "cd", "ef"}) {
    take("g", each[0], {"x"});
    take_end(each[1]);
  }
  take("g", 'h', {"x"});
  EXPECT_EQ(next(kHourUs), "f");
  EXPECT_EQ(backlog_.size(), 2U);
  EXPECT_EQ(answered(kTaken, kHourUs), "f sent at 1; ");
  EXPECT_EQ(next(kHourUs), "h");
  EXPECT_EQ(answered(kTaken, kHourUs), "h sent at 1; ");
  EXPECT_EQ(next(kHourUs), "-");
}

// Folded into one, what begins would be part of an incident that wakes nobody any more.
TEST_F(BacklogTest, WhatEndsAnIncidentStaysApartFromTheNextOne) {
  options_.keeps_incidents = true;
  backlog_ = Backlog(options_, {.position = 10});
  v1::Notification end = make_notification('c', "g", {});
  end.set_reason(v1::NOTIFICATION_REASON_INCIDENT);
  end.set_closes(true);
  take("g", 'a', {"x"});
  take("g", 'b', {"x"});
  backlog_.take(backlog_.next_offset(), Item{.key = "g", .record = record_of(end)});
  take("g", 'd', {"x", "y"});
  take("g", 'e', {"y"});
  EXPECT_EQ(next(kHourUs), "c");
  EXPECT_EQ(answered(kTaken, kHourUs), "c sent at 1; ");
  EXPECT_EQ(next(kHourUs), "e");
  EXPECT_EQ(answered(kTaken, kHourUs), "e sent at 1; ");
  EXPECT_EQ(next(kHourUs), "-");
}

// What of it fires is hidden then: nobody would say its end.
TEST_F(BacklogTest, WhatIsFoldedIntoTheEndOfAGroupFiresNoMore) {
  const v1::Alert over = make_alert({.fingerprint = "x", .state = v1::ALERT_STATE_RESOLVED});
  v1::Notification first = make_notification(
      'a', "g", {make_alert({.fingerprint = "x"}), make_alert({.fingerprint = "y"})});
  v1::AlertLine& line = *first.add_more();
  line.set_fingerprint("z");
  line.set_state(v1::ALERT_STATE_FIRING);
  const auto take_all = [this](const v1::Notification& told) {
    backlog_.take(backlog_.next_offset(), Item{.key = "g", .record = record_of(told)});
  };
  take_all(first);
  take_all(make_notification('b', "g", {over}));
  take_all(make_notification('c', "g", {over}));
  const std::vector<Item> batch = backlog_.next(kHourUs);
  ASSERT_EQ(batch.size(), 1U);
  const v1::Notification& told = batch[0].record.notification();
  EXPECT_EQ(told.firing(), 0U);
  EXPECT_EQ(told.alert_size(), 1);
  std::string lapsed;
  for (const Lapsed& each : batch[0].lapsed)
    lapsed += fmt::format("{} of {}@{} ", each.alert.fingerprint(), each.notification_id.front(),
                          each.offset);
  EXPECT_EQ(lapsed, "y of a@10 z of a@10 ");
}

TEST_F(BacklogTest, SendsManyAtOnceAndEachAloneWhereTheyAreRefusedTogether) {
  options_.batch = 2;
  backlog_ = Backlog(options_, {.position = 10});
  take("g", 'a');
  take("g", 'b');
  take("h", 'c');
  take("i", 'd');
  EXPECT_EQ(next(0), "a c");
  EXPECT_EQ(answered(kRefused, 0), "");
  EXPECT_EQ(next(0), "a");
  EXPECT_EQ(answered(kRefused, 0), "a failed at 1; ");
  EXPECT_EQ(next(0), "b d");
  EXPECT_EQ(answered(kTaken, 0), "b sent at 1; d sent at 1; ");
  EXPECT_EQ(next(0), "c");
  EXPECT_EQ(answered(kTaken, 0), "c sent at 1; ");
}

TEST_F(BacklogTest, HasNoRoomAboveItsBytes) {
  options_.max_bytes = 1000;
  backlog_ = Backlog(options_, {});
  EXPECT_TRUE(backlog_.has_room());
  take("g", 'a');
  take("h", 'b');
  EXPECT_FALSE(backlog_.has_room());
  for (int i = 0; i < 2; ++i) {
    next(0);
    answered(kTaken, 0);
  }
  EXPECT_TRUE(backlog_.has_room());
  EXPECT_EQ(backlog_.oldest(), std::nullopt);
}

// Whatever the answers are and wherever it is killed: all is told, each key's in order, with the
// same ids, and nothing twice that was answered and committed.
RC_GTEST_PROP(BacklogProperty, LosesNothingWhereverItIsKilled, ()) {
  const auto keys = *rc::gen::container<std::vector<int>>(12, rc::gen::inRange(0, 3));
  const BacklogOptions options{.coalesce_after_us = kDayUs, .give_up_after_us = kDayUs};
  runtime::FollowerPlace place;
  std::map<int, std::string> told;
  TimeUs now = 0;
  for (int life = 0; life < 100; ++life) {
    Backlog backlog(options, place);
    const std::size_t read_to = life == 99 ? keys.size() : *rc::gen::inRange<std::size_t>(0, 13);
    for (auto i = static_cast<std::size_t>(place.position); i < read_to; ++i)
      backlog.take(
          static_cast<std::int64_t>(i),
          Item{.key = std::to_string(keys[i]),
               .record = record_of(make_notification(static_cast<char>('a' + i), "g", {}))});
    for (int steps = life == 99 ? 1000 : *rc::gen::inRange(0, 4); steps > 0; --steps) {
      now += kHourUs / 60;
      const std::vector<Item> items = backlog.next(now);
      if (items.empty()) continue;
      const bool taken = life == 99 || *rc::gen::arbitrary<bool>();
      for (const Finished& each : backlog.answered(taken ? kTaken : kAgain, now, 0.5))
        told[std::stoi(each.item.key)] += each.item.record.notification().id()[0];
      place = backlog.place();
    }
  }
  std::map<int, std::string> expected;
  for (std::size_t i = 0; i < keys.size(); ++i) expected[keys[i]] += static_cast<char>('a' + i);
  RC_ASSERT(told == expected);
}

}  // namespace
}  // namespace weir::webhook
