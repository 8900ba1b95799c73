#include "sinks/results/delivery_board.h"

#include <gtest/gtest.h>

#include "sinks/results/alert_json.h"
#include "sinks/results/decisions.h"
#include "tests/fakes/memory_log.h"

namespace weir::results {
namespace {

constexpr TimeUs kStart = 1'700'000'040 * kSecondUs;  // a whole minute
const runtime::TopicPartition kDecisions{std::string(kDecisionTopic), 0};

class DeliveryBoardTest : public testing::Test {
 protected:
  DeliveryBoardTest() { EXPECT_TRUE(log_.create_topic({.name = std::string(kDecisionTopic)})); }

  void decide(std::int64_t at_s, v1::DecisionKind kind, const std::string& notification,
              std::uint32_t life = 1, const std::string& receiver = "chat",
              const std::string& alert = "a") {
    now_ = kStart + at_s * kSecondUs;
    v1::Decision decision;
    decision.set_version(1);
    decision.set_fingerprint(alert);
    decision.set_life(life);
    decision.set_kind(kind);
    decision.set_append_time_us(now_);
    decision.set_because("since " + notification);
    decision.set_receiver(receiver);
    decision.set_notification_id(notification);
    if (notification.starts_with("d")) decision.set_reference("digest");
    const runtime::NewRecord record{.key = alert, .value = decision.SerializeAsString()};
    ASSERT_TRUE(log_.append(kDecisions, {&record, 1}));
  }

  // "life kind at, sent at: because" of each receiver; "-": not yet.
  std::string of_alert() {
    EXPECT_TRUE(board_.update(log_));
    const auto second = [](TimeUs time) {
      return time == kMinTime ? "-" : fmt::format("{}", (time - kStart) / kSecondUs);
    };
    std::string text;
    for (const auto& [name, each] : board_.of_alert("a"))
      text += fmt::format("{}: {} {} {}, sent {}: {}\n", name, each.life, kind_text(each.kind),
                          second(each.append_time_us), second(each.sent_us), each.because);
    return text;
  }

  std::string receivers(std::span<const ReceiverFacts> told = {}) {
    EXPECT_TRUE(board_.update(log_));
    return receivers_json(told, board_, now_).dump();
  }

  TimeUs now_ = kStart;
  fakes::MemoryLog log_{[this] { return now_; }};
  DeliveryBoard board_;
};

TEST_F(DeliveryBoardTest, SaysWhatCameOfTellingAnAlert) {
  using enum v1::DecisionKind;
  EXPECT_EQ(of_alert(), "");
  decide(0, DECISION_KIND_FIRED, "");
  decide(0, DECISION_KIND_GROUPED, "n1");
  EXPECT_EQ(of_alert(), "chat: 1 grouped 0, sent -: since n1\n");
  decide(1, DECISION_KIND_SENT, "n1");
  EXPECT_EQ(of_alert(), "chat: 1 sent 1, sent 1: since n1\n");
  decide(9, DECISION_KIND_THROTTLED, "");
  EXPECT_EQ(of_alert(), "chat: 1 throttled 9, sent 1: since \n");
  decide(10, DECISION_KIND_GROUPED, "n2", 2);
  EXPECT_EQ(of_alert(), "chat: 2 grouped 10, sent -: since n2\n");
  decide(11, DECISION_KIND_SENT, "n1", 1);  // late, of the life before
  EXPECT_EQ(of_alert(), "chat: 2 grouped 10, sent -: since n2\n");
  decide(12, DECISION_KIND_FAILED, "n2", 0);  // of a line in a large notification
  EXPECT_EQ(of_alert(), "chat: 2 failed 12, sent -: since n2\n");
}

TEST_F(DeliveryBoardTest, AnAnswerConcernsItsOwnNotificationAlone) {
  using enum v1::DecisionKind;
  decide(0, DECISION_KIND_GROUPED, "n1");
  decide(1, DECISION_KIND_GROUPED, "n2");
  decide(2, DECISION_KIND_SENT, "n1");  // the first is told while the second waits
  EXPECT_EQ(of_alert(), "chat: 1 grouped 1, sent 2: since n2\n");
  decide(3, DECISION_KIND_FAILED, "n1", 0);
  EXPECT_EQ(of_alert(), "chat: 1 grouped 1, sent 2: since n2\n");
  decide(4, DECISION_KIND_SENT, "n2");
  EXPECT_EQ(of_alert(), "chat: 1 sent 4, sent 4: since n2\n");
  decide(5, DECISION_KIND_GROUPED, "n3", 2);
  decide(6, DECISION_KIND_SENT, "n2", 0);  // a line in a notification of the life before
  EXPECT_EQ(of_alert(), "chat: 2 grouped 5, sent -: since n3\n");
  decide(7, DECISION_KIND_THROTTLED, "", 2);
  decide(8, DECISION_KIND_SENT, "n3", 2);
  EXPECT_EQ(of_alert(), "chat: 2 throttled 7, sent 8: since \n");
}

TEST_F(DeliveryBoardTest, WhatWasFoldedIntoALaterOneIsAnsweredWithIt) {
  using enum v1::DecisionKind;
  decide(0, DECISION_KIND_GROUPED, "n1");
  decide(1, DECISION_KIND_GROUPED, "n2", 1, "chat", "b");
  decide(200, DECISION_KIND_SENT, "n2");
  decide(200, DECISION_KIND_SENT, "n2", 1, "chat", "b");
  EXPECT_EQ(of_alert(), "chat: 1 sent 200, sent 200: since n2\n");
  decide(201, DECISION_KIND_GROUPED, "n3");
  decide(202, DECISION_KIND_GROUPED, "n4", 1, "chat", "b");
  decide(300, DECISION_KIND_FAILED, "n4", 0);  // a line of it
  EXPECT_EQ(of_alert(), "chat: 1 failed 300, sent 200: since n4\n");
}

TEST_F(DeliveryBoardTest, WhatLapsedWaitsNoMore) {
  using enum v1::DecisionKind;
  decide(0, DECISION_KIND_THROTTLED, "");
  decide(0, DECISION_KIND_LAPSED, "", 1, "");  // of no receiver: it never fired
  EXPECT_EQ(of_alert(), "chat: 1 throttled 0, sent -: since \n");
  decide(1, DECISION_KIND_LAPSED, "");
  EXPECT_EQ(of_alert(), "chat: 1 lapsed 1, sent -: since \n");
  decide(2, DECISION_KIND_GROUPED, "n1", 2);
  decide(3, DECISION_KIND_LAPSED, "n1", 2);
  EXPECT_EQ(of_alert(), "chat: 2 lapsed 3, sent -: since n1\n");
  decide(4, DECISION_KIND_GROUPED, "n2", 2);
  decide(5, DECISION_KIND_LAPSED, "n1", 2);  // said late: the next one waits
  EXPECT_EQ(of_alert(), "chat: 2 grouped 4, sent -: since n2\n");
  decide(6, DECISION_KIND_SENT, "n2", 2);
  EXPECT_EQ(of_alert(), "chat: 2 sent 6, sent 6: since n2\n");
}

TEST_F(DeliveryBoardTest, AnAlertmanagerWaitsForNoNotification) {
  using enum v1::DecisionKind;
  decide(0, DECISION_KIND_GROUPED, "n1");
  decide(1, DECISION_KIND_SENT, "");
  decide(9, DECISION_KIND_GROUPED, "n2");
  EXPECT_EQ(of_alert(), "chat: 1 sent 1, sent 1: since \n");
}

TEST_F(DeliveryBoardTest, ReceiversHaveTheirLastOutcomesAndTheLastHour) {
  using enum v1::DecisionKind;
  decide(0, DECISION_KIND_GROUPED, "n0");
  decide(3590, DECISION_KIND_GROUPED, "n1");
  decide(3590, DECISION_KIND_GROUPED, "n1");  // another alert of it
  decide(3591, DECISION_KIND_SENT, "n1");
  decide(3592, DECISION_KIND_THROTTLED, "");
  decide(3600, DECISION_KIND_GROUPED, "d1");
  decide(3601, DECISION_KIND_FAILED, "d1");
  EXPECT_EQ(receivers(),
            R"([{"name":"chat","type":null,"waiting":null,"oldest_waiting_s":null,"trouble":null,)"
            R"("last_success":"2023-11-14T23:13:51Z","last_failure":"2023-11-14T23:14:01Z",)"
            R"("last_failure_text":"since d1","notifications_1h":2,"digests_1h":1,)"
            R"("throttled_1h":1}])");
}

TEST_F(DeliveryBoardTest, WhatTheProcessKnowsIsNewer) {
  decide(0, v1::DECISION_KIND_SENT, "n1");
  const std::vector<ReceiverFacts> told = {{.name = "ann", .type = "slack"},
                                           {.name = "chat",
                                            .type = "generic",
                                            .is_told_here = true,
                                            .waiting = 2,
                                            .oldest_waiting_s = 7,
                                            .trouble = "503",
                                            .last_success_us = kStart - 1,
                                            .last_failure_us = kStart + 5 * kSecondUs,
                                            .last_failure = "503"}};
  EXPECT_EQ(receivers(told),
            R"([{"name":"ann","type":"slack","waiting":null,"oldest_waiting_s":null,)"
            R"("trouble":null,"last_success":null,"last_failure":null,"last_failure_text":null,)"
            R"("notifications_1h":0,"digests_1h":0,"throttled_1h":0},)"
            R"({"name":"chat","type":"generic","waiting":2,"oldest_waiting_s":7,"trouble":"503",)"
            R"("last_success":"2023-11-14T22:14:00Z","last_failure":"2023-11-14T22:14:05Z",)"
            R"("last_failure_text":"503","notifications_1h":0,"digests_1h":0,"throttled_1h":0}])");
}

TEST_F(DeliveryBoardTest, ReadsTheLastMonthAlone) {
  decide(0, v1::DECISION_KIND_SENT, "n1");
  decide(31 * kDayUs / kSecondUs, v1::DECISION_KIND_SENT, "n2", 1, "other");
  EXPECT_EQ(of_alert(),
            fmt::format("other: 1 sent {0}, sent {0}: since n2\n", 31 * kDayUs / kSecondUs));
}

}  // namespace
}  // namespace weir::results
