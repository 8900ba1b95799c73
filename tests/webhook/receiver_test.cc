#include "sinks/webhook/receiver.h"

#include <deque>

#include <gtest/gtest.h>

#include "processors/runtime/log_follower.h"
#include "sinks/webhook/outcomes.h"
#include "sinks/webhook/payload.h"
#include "tests/fakes/memory_log.h"
#include "tests/webhook/told.h"
#include "weir/v1/dead_letter.pb.h"

namespace weir::webhook {
namespace {

const runtime::TopicPartition kAlerts{std::string(kAlertTopic), 0};

// A receiver on a log in memory, with a world that answers as it is told. A test kills it and
// starts another one on the same log.
class ReceiverTest : public testing::Test {
 protected:
  void SetUp() override {
    for (const std::string_view topic : {kAlertTopic, kDecisionTopic, kDeadLetterTopic})
      ASSERT_TRUE(log_.create_topic({.name = std::string(topic)}));
    start();
  }

  // What it sends before it has nothing to do.
  std::string start(const std::string& follower = "webhook.chat") {
    probe_ = std::make_unique<Probe>(metrics_, "chat");
    follower_ = std::make_unique<runtime::LogFollower>(log_, follower, kAlerts);
    receiver_ = std::make_unique<Receiver>(ReceiverParts{
        .config = config_,
        .secrets = {.url = "http://receiver"},
        .follower = follower_.get(),
        .probe = probe_.get(),
        .clock = [this] { return now_; },
        .jitter = [] { return 0.0; },
        .send = [this](const auto& request, const auto&) { return answer(request); }});
    return run();
  }

  Result<net::ClientResponse> answer(const net::ClientRequest& request) {
    sent_ += describe(request);
    if (kill_) return fail(ErrorCode::stopped, "killed");
    const int status = answers_.empty() ? 200 : answers_.front();
    if (!answers_.empty()) answers_.pop_front();
    sent_ += fmt::format("={} ", status);
    if (status == 0) return fail(ErrorCode::io, "http://receiver: connection refused");
    return net::ClientResponse{.status = status, .body = "said"};
  }

  // The first character of its id; of Alertmanager's "fingerprint:state" of each alert.
  std::string describe(const net::ClientRequest& request) const {
    for (const auto& [name, value] : request.headers)
      if (name == "webhook-id") return value.substr(0, 1);
    std::string text;
    for (const auto& alert : Json::parse(request.body)) {
      const bool fires = parse_rfc3339(alert["endsAt"].get<std::string>()).value() > now_;
      text += fmt::format("{}{}{}", text.empty() ? "" : "+",
                          alert["labels"]["pod"].get<std::string>(), fires ? "!" : ".");
    }
    return text;
  }

  void append(const v1::AlertRecord& record) {
    const runtime::NewRecord one{
        .key = "k", .value = record.SerializeAsString(), .append_time_us = now_};
    ASSERT_TRUE(log_.append(kAlerts, {&one, 1}));
  }
  void notify(char id, const std::string& group = "g") {
    append(record_of(make_notification(id, group, {make_alert({})})));
  }
  void alert(const std::string& pod, v1::AlertState state, const std::string& silence = "") {
    v1::Alert alert = make_alert({.fingerprint = pod, .state = state});
    if (!silence.empty()) alert.add_silenced_by(silence);
    v1::Label& label = *alert.add_label();
    label.set_name("pod");
    label.set_value(pod);
    append(record_of(alert));
  }

  // Steps until there is nothing to do, and returns what was sent since.
  std::string run() {
    for (int i = 0; i < 100; ++i) {
      const auto worked = receiver_->step({});
      if (!worked) return std::exchange(sent_, "") + "error: " + worked.error().message;
      if (!*worked) break;
    }
    return std::exchange(sent_, "");
  }

  template <class Message>
  std::vector<Message> read(std::string_view topic) {
    runtime::RecordBatch batch;
    EXPECT_TRUE(log_.read({std::string(topic), 0}, 0, 1 << 20, batch));
    std::vector<Message> messages(batch.records.size());
    for (std::size_t i = 0; i < messages.size(); ++i)
      EXPECT_TRUE(messages[i].ParseFromString(std::string(batch.records[i].value)));
    return messages;
  }
  // "SENT a at 1", a line each.
  std::string decisions() {
    std::string text;
    for (const v1::Decision& each : read<v1::Decision>(kDecisionTopic))
      text += fmt::format("{} {} at {}: {}\n", v1::DecisionKind_Name(each.kind()).substr(14),
                          each.notification_id().substr(0, 1), each.attempts(), each.because());
    return text;
  }

  ReceiverConfig config_{.name = "chat", .type = ReceiverType::webhook_v4};
  TimeUs now_ = kStart + 2 * kHourUs;
  fakes::MemoryLog log_{[this] { return now_; }};
  runtime::Metrics metrics_;
  std::unique_ptr<Probe> probe_;
  std::unique_ptr<runtime::LogFollower> follower_;
  std::unique_ptr<Receiver> receiver_;
  std::deque<int> answers_;
  bool kill_ = false;
  std::string sent_;
};

TEST_F(ReceiverTest, TellsWhatNamesItAndSaysSo) {
  notify('a');
  v1::Notification other = make_notification('x', "g", {make_alert({})});
  other.set_receiver("somebody-else");
  append(record_of(other));
  alert("1", v1::ALERT_STATE_FIRING);
  notify('b');
  now_ += 30 * kMillisecondUs;
  EXPECT_EQ(run(), "a=200 b=200 ");
  EXPECT_EQ(decisions(),
            "SENT a at 1: taken 30 ms after it was decided, at attempt 1: status 200: said\n"
            "SENT b at 1: taken 30 ms after it was decided, at attempt 1: status 200: said\n");
  const results::ReceiverFacts facts = receiver_->facts();
  EXPECT_EQ(fmt::format("{} {} sent {} failed {} waiting {} '{}'", facts.name, facts.type,
                        facts.sent, facts.failed, facts.waiting, facts.trouble),
            "chat webhook_v4 sent 2 failed 0 waiting 0 ''");
}

// While the beginning waits, its alert is hidden and the last other one of its group ends.
TEST_F(ReceiverTest, WhatIsFoldedAwayAtTheEndOfItsGroupIsSaidToBeNotTold) {
  notify('a');
  now_ += 3 * kMinuteUs;
  const v1::Alert over = make_alert({.fingerprint = "bb", .state = v1::ALERT_STATE_RESOLVED});
  append(record_of(make_notification('b', "g", {over})));
  EXPECT_EQ(run(), "b=200 ");
  EXPECT_EQ(decisions(),
            "LAPSED a at 0: it waited until its group, or the incident of it, was over; it is told "
            "where it is shown again, or with its end\n"
            "SENT b at 1: taken 180000 ms after it was decided, at attempt 1, with what 1 earlier "
            "ones had to tell: status 200: said\n");
  EXPECT_EQ(read<v1::Decision>(kDecisionTopic).front().fingerprint(), make_alert({}).fingerprint());
}

TEST_F(ReceiverTest, TriesAgainWithTheSameIdAndInOrder) {
  answers_ = {0, 500, 429, 200};
  notify('a');
  notify('b');
  EXPECT_EQ(run(), "a=0 a=500 a=429 a=200 b=200 ");
  EXPECT_EQ(read<v1::Decision>(kDecisionTopic).at(0).attempts(), 4U);
}

TEST_F(ReceiverTest, RemembersItsLastSuccessAndFailure) {
  answers_ = {200, 404, 200};
  const auto facts = [this] {
    const results::ReceiverFacts facts = receiver_->facts();
    const auto second = [](TimeUs time) {
      return time == kMinTime ? -1 : (time - kStart) / kSecondUs;
    };
    return fmt::format("success {} failure {} '{}' trouble '{}'", second(facts.last_success_us),
                       second(facts.last_failure_us), facts.last_failure, facts.trouble);
  };
  for (const char id : {'a', 'b'}) {
    now_ += kSecondUs;
    notify(id);
    run();
  }
  EXPECT_EQ(facts(), "success 7201 failure 7202 'status 404: said' trouble 'status 404: said'");
  now_ += kSecondUs;
  notify('c');
  run();
  EXPECT_EQ(facts(), "success 7203 failure 7202 'status 404: said' trouble ''");
  EXPECT_EQ(probe_->last_failure_s.value(), (kStart + 7202 * kSecondUs) / kSecondUs);
}

TEST_F(ReceiverTest, WhatIsRefusedIsADeadLetterWithTheAnswer) {
  answers_ = {404};
  notify('a');
  notify('b');
  EXPECT_EQ(run(), "a=404 b=200 ");
  const auto letters = read<v1::DeadLetter>(kDeadLetterTopic);
  ASSERT_EQ(letters.size(), 1U);
  EXPECT_EQ(letters[0].topic(), "weir.alert");
  EXPECT_EQ(letters[0].offset(), 0);
  EXPECT_EQ(letters[0].entry(0).reason(), v1::DEAD_LETTER_REASON_UNDELIVERED);
  EXPECT_EQ(letters[0].entry(0).text(), "receiver chat, attempt 1: status 404: said");
  v1::AlertRecord original;
  ASSERT_TRUE(original.ParseFromString(letters[0].original()));
  EXPECT_EQ(original.notification().id(), std::string(32, 'a'));
  EXPECT_TRUE(decisions().starts_with("FAILED a at 1: given up")) << decisions();
}

TEST_F(ReceiverTest, GoesOnAfterARestartWhereItWas) {
  notify('a');
  EXPECT_EQ(run(), "a=200 ");
  notify('b');
  kill_ = true;  // after it was sent, before the answer
  EXPECT_EQ(run(), "berror: killed");
  kill_ = false;
  notify('c');
  EXPECT_EQ(start(), "b=200 c=200 ");
  EXPECT_EQ(read<v1::Decision>(kDecisionTopic).size(), 3U);
}

TEST_F(ReceiverTest, AChatIsNotToldWhatOnlyCloses) {
  v1::Notification closing = make_notification('a', "g", {make_alert({})});
  closing.set_closes(true);
  append(record_of(closing));
  EXPECT_EQ(run(), "a=200 ");
  config_.type = ReceiverType::slack;
  start();
  closing.set_id("b");
  append(record_of(closing));
  EXPECT_EQ(run(), "");
}

// What they say of alerts is told elsewhere.
TEST_F(ReceiverTest, OnlyWhoKeepsIncidentsIsToldOfThemAlone) {
  v1::Notification closing = make_notification('a', "g", {});
  closing.set_reason(v1::NOTIFICATION_REASON_INCIDENT);
  closing.set_closes(true);
  append(record_of(closing));
  EXPECT_EQ(run(), "");
  config_.type = ReceiverType::pagerduty;
  start();
  closing.set_id("b");
  append(record_of(closing));
  EXPECT_EQ(run(), "b=200 ");
}

TEST_F(ReceiverTest, ANewReceiverIsNotToldOfThePast) {
  notify('a');
  run();
  now_ += 11 * kMinuteUs;
  EXPECT_EQ(start("webhook.new"), "");
  notify('b');
  EXPECT_EQ(run(), "b=200 ");
}

TEST_F(ReceiverTest, ANewReceiverIsToldOfWhatNamedItWhileItStarted) {
  notify('a');
  run();
  now_ += 11 * kMinuteUs;
  notify('b');
  now_ += kMinuteUs;
  EXPECT_EQ(start("webhook.new"), "b=200 ");
}

TEST_F(ReceiverTest, ARecordThatItCannotReadIsADeadLetter) {
  const runtime::NewRecord nonsense{.value = "\xff\xff"};
  ASSERT_TRUE(log_.append(kAlerts, {&nonsense, 1}));
  notify('a');
  EXPECT_EQ(run(), "a=200 ");
  EXPECT_EQ(read<v1::DeadLetter>(kDeadLetterTopic).at(0).entry(0).reason(),
            v1::DEAD_LETTER_REASON_MALFORMED);
}

/// As on Kafka: behind the last record is what no reader is shown.
class MarkedFollower final : public runtime::Follower {
 public:
  explicit MarkedFollower(runtime::Follower& of) : of_(of) {}

  Result<bool> take() override { return of_.take(); }
  Result<std::optional<runtime::FollowerPlace>> place() override { return of_.place(); }
  Result<runtime::Bounds> bounds() override {
    WEIR_ASSIGN(runtime::Bounds bounds, of_.bounds());
    ++bounds.end;
    return bounds;
  }
  Result<void> read(std::int64_t from, std::size_t max_bytes,
                    runtime::RecordBatch& batch) override {
    reads += fmt::format("{} ", from);
    WEIR_ASSIGN(const runtime::Bounds bounds, of_.bounds());
    batch.records.clear();
    batch.next = from;
    if (from > bounds.end) return {};
    WEIR_TRY(of_.read(from, max_bytes, batch));
    batch.next = bounds.end + 1;
    return {};
  }
  Result<void> commit(const runtime::FollowerPlace& place,
                      std::vector<runtime::Output> outputs) override {
    return of_.commit(place, std::move(outputs));
  }

  std::string reads;  // where each began

 private:
  runtime::Follower& of_;
};

TEST_F(ReceiverTest, GoesOnBehindWhatNoReaderIsShown) {
  MarkedFollower marked(*follower_);
  receiver_ = std::make_unique<Receiver>(
      ReceiverParts{.config = config_,
                    .secrets = {.url = "http://receiver"},
                    .follower = &marked,
                    .probe = probe_.get(),
                    .clock = [this] { return now_; },
                    .jitter = [] { return 0.0; },
                    .send = [this](const auto& request, const auto&) { return answer(request); }});
  notify('a');
  EXPECT_EQ(run(), "a=200 ");
  marked.reads.clear();
  EXPECT_EQ(run(), "");
  EXPECT_EQ(run(), "");
  EXPECT_EQ(marked.reads, "2 2 ") << "offset 0 is the record, and 1 is not shown";
  receiver_.reset();
}

class AlertmanagerTest : public ReceiverTest {
 protected:
  AlertmanagerTest() { config_.type = ReceiverType::alertmanager; }
};

TEST_F(AlertmanagerTest, IsToldAgainOfWhatFiresAndOnceOfItsEnd) {
  alert("1", v1::ALERT_STATE_FIRING);
  alert("2", v1::ALERT_STATE_FIRING);
  EXPECT_EQ(run(), "1!+2!=200 ");
  now_ += kMinuteUs;
  EXPECT_EQ(run(), "1!+2!=200 ");
  alert("1", v1::ALERT_STATE_RESOLVED);
  EXPECT_EQ(run(), "1.=200 ");
  now_ += kMinuteUs;
  EXPECT_EQ(run(), "2!=200 ");
  EXPECT_EQ(read<v1::Decision>(kDecisionTopic).size(), 3U);
  EXPECT_EQ(probe_->resent.value(), 3U);
}

// It ends nothing that fires, and tells of nothing that has ended, whenever it was killed.
TEST_F(AlertmanagerTest, KnowsAllThatFiresBeforeItTellsAnything) {
  alert("1", v1::ALERT_STATE_FIRING);
  alert("2", v1::ALERT_STATE_FIRING);
  alert("3", v1::ALERT_STATE_FIRING);
  EXPECT_EQ(run(), "1!+2!+3!=200 ");
  alert("2", v1::ALERT_STATE_RESOLVED);
  EXPECT_EQ(run(), "2.=200 ");
  receiver_.reset();
  alert("3", v1::ALERT_STATE_RESOLVED);
  alert("4", v1::ALERT_STATE_FIRING);
  EXPECT_EQ(start(), "3.+4!=200 1!=200 ");
}

TEST_F(AlertmanagerTest, ASilenceEndsWhatWasToldUntilItIsOver) {
  alert("1", v1::ALERT_STATE_FIRING);
  alert("2", v1::ALERT_STATE_FIRING);
  run();
  alert("1", v1::ALERT_STATE_FIRING, "s1");
  alert("3", v1::ALERT_STATE_FIRING, "s1");
  EXPECT_EQ(run(), "1.=200 ");
  now_ += kMinuteUs;
  EXPECT_EQ(start(), "2!=200 ");
  alert("1", v1::ALERT_STATE_FIRING);
  EXPECT_EQ(run(), "1!=200 ");
}

TEST_F(AlertmanagerTest, WhatFiresIsFoundInTheLastTwoDays) {
  alert("old", v1::ALERT_STATE_FIRING);
  EXPECT_EQ(run(), "old!=200 ");
  now_ += 3 * kDayUs;  // not told again: it is gone
  alert("new", v1::ALERT_STATE_FIRING);
  EXPECT_EQ(run(), "new!=200 old!=200 ");
  now_ += kHourUs;
  EXPECT_EQ(start(), "new!=200 ");
}

TEST_F(AlertmanagerTest, RepeatsNothingThatIsRefused) {
  alert("1", v1::ALERT_STATE_FIRING);
  alert("2", v1::ALERT_STATE_FIRING);
  answers_ = {400, 400, 200};
  EXPECT_EQ(run(), "1!+2!=400 1!=400 2!=200 ");
  EXPECT_EQ(read<v1::DeadLetter>(kDeadLetterTopic).size(), 1U);
}

}  // namespace
}  // namespace weir::webhook
