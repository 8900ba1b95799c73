// What people ask and say about alerts over HTTP, on a log in memory.
#include "sinks/alerts/api.h"

#include <gtest/gtest.h>

#include "processors/labels/matcher.h"
#include "tests/fakes/memory_log.h"

namespace weir::alerts {
namespace {

constexpr TimeUs kNow = 1'700'000'000 * kSecondUs;
const std::string kAlert = "00000000000000aa";

class AlertApi : public testing::Test {
 protected:
  AlertApi() {
    for (const char* topic : {"weir.signal", "weir.alert", "weir.decision"})
      EXPECT_TRUE(log_.create_topic({.name = topic}));
    v1::AlertRecord record;
    record.set_version(1);
    v1::Alert& alert = *record.mutable_alert();
    alert.set_fingerprint(kAlert);
    alert.set_state(v1::ALERT_STATE_FIRING);
    alert.set_severity("page");
    append("weir.alert", kAlert, record.SerializeAsString());
    v1::Decision decision;
    decision.set_version(1);
    decision.set_fingerprint(kAlert);
    decision.set_kind(v1::DECISION_KIND_FIRED);
    append("weir.decision", kAlert, decision.SerializeAsString());
  }

  void append(const std::string& topic, const std::string& key, const std::string& value) {
    const runtime::NewRecord record{.key = key, .value = value};
    EXPECT_TRUE(log_.append({topic, 0}, {&record, 1}));
  }

  net::HttpResponse ask(const std::string& method, const std::string& path,
                        const std::string& body = "",
                        std::vector<std::pair<std::string, std::string>> query = {}) {
    const net::HttpRequest request{
        .method = method, .path = path, .query = std::move(query), .body = body};
    net::HttpResponse answer{.status = 404};
    std::size_t longest = 0;
    for (const net::Route& route : routes(api_)) {
      const bool prefix = route.path.ends_with("/*");
      const std::string begin = route.path.substr(0, route.path.size() - (prefix ? 1 : 0));
      const bool fits = prefix ? path.starts_with(begin) : path == begin;
      if (route.method != method || !fits || begin.size() < longest) continue;
      longest = begin.size();
      answer = route.handler(request);
    }
    return answer;
  }

  v1::Signal last_signal() {
    runtime::RecordBatch batch;
    const runtime::TopicPartition where{"weir.signal", 0};
    EXPECT_TRUE(log_.read(where, 0, 1 << 20, batch));
    v1::Signal signal;
    if (batch.records.empty()) return signal;
    EXPECT_TRUE(signal.ParseFromString(std::string(batch.records.back().value)));
    return signal;
  }

  fakes::MemoryLog log_;
  Api api_{{.log = log_,
            .appender = log_,
            .receivers =
                [] {
                  return std::vector<results::ReceiverFacts>{
                      {.name = "oncall", .type = "slack", .is_told_here = true}};
                },
            .clock = [] { return kNow; },
            .draw_id = [] { return Id{7}; }}};
};

TEST_F(AlertApi, ListsWhatFiresAndWhy) {
  const std::string list = ask("GET", "/api/v1/alerts").body;
  EXPECT_NE(list.find(R"("fingerprint":"00000000000000aa","state":"firing","severity":"page")"),
            std::string::npos)
      << list;
  const std::string why = ask("GET", "/api/v1/decisions", "", {{"alert", kAlert}}).body;
  EXPECT_NE(why.find(R"("kind":"fired")"), std::string::npos) << why;
  EXPECT_EQ(ask("GET", "/api/v1/decisions", "", {{"alert", "x"}}).status, 400);
  EXPECT_EQ(ask("GET", "/api/v1/decisions", "", {{"from", "yesterday"}}).status, 400);
}

TEST_F(AlertApi, RefusesParametersThatItDoesNotKnow) {
  for (const char* path : {"/api/v1/alerts", "/api/v1/receivers", "/api/v1/silences",
                           "/api/v1/decisions", "/api/v1/alerts/stats"}) {
    EXPECT_EQ(ask("GET", path, "", {{"colour", "red"}}).status, 400) << path;
    EXPECT_EQ(ask("GET", path).status, 200) << path;
  }
  EXPECT_EQ(ask("GET", "/api/v1/alerts", "", {{"all", ""}, {"all", ""}}).body,
            R"({"error":"all: is given twice","hint":"give it once"})"
            "\n");
}

TEST_F(AlertApi, ASilenceOfEverythingIsRefused) {
  const auto silence = [this](const std::string& matchers) {
    return ask("POST", "/api/v1/silences",
               R"({"matchers":[)" + matchers + R"(],"by":"ann","reason":"r","for":"1h"})");
  };
  for (const char* all :
       {R"("nope=")", R"("service=~\".*\"")", R"("a!=b","c=")", R"("service=~\".+\"")",
        R"("service!=\"\"")", R"("service=~\"[a-z]+\"","tenant!=a")"}) {
    EXPECT_EQ(silence(all).status, 400) << all;
    EXPECT_NE(silence(all).body.find("matchers: each of them holds"), std::string::npos);
  }
  EXPECT_EQ(silence(R"("service=~\"chat.+\"")").status, 202);
  EXPECT_NE(silence(R"("service=chat","nope=")").body.find(R"("matching":0)"), std::string::npos);
}

TEST_F(AlertApi, SaysWhoWasToldAndHowReceiversAre) {
  v1::Decision decision;
  decision.set_version(1);
  decision.set_fingerprint(kAlert);
  decision.set_kind(v1::DECISION_KIND_SENT);
  decision.set_receiver("oncall");
  decision.set_because("status 202");
  decision.set_append_time_us(kNow);
  append("weir.decision", kAlert, decision.SerializeAsString());
  const std::string list = ask("GET", "/api/v1/alerts").body;
  EXPECT_NE(list.find(R"("told":[{"receiver":"oncall","what":"sent","at":"2023-11-14T22:13:20Z",)"
                      R"("because":"status 202","sent_at":"2023-11-14T22:13:20Z"}])"),
            std::string::npos)
      << list;
  const std::string receivers = ask("GET", "/api/v1/receivers").body;
  EXPECT_NE(receivers.find(R"("name":"oncall","type":"slack","waiting":0)"), std::string::npos)
      << receivers;
  EXPECT_NE(receivers.find(R"("last_success":"2023-11-14T22:13:20Z")"), std::string::npos);
}

TEST_F(AlertApi, WhatCannotBeReadHidesNothingElse) {
  EXPECT_EQ(ask("GET", "/api/v1/silences").body, "{\"silences\":[]}\n");
  append("weir.decision", kAlert, "\x01 no message");
  for (int again = 0; again < 2; ++again) {
    const net::HttpResponse answer = ask("GET", "/api/v1/silences");
    EXPECT_EQ(answer.status, 200);
    EXPECT_EQ(answer.body,
              R"({"silences":[],"warnings":["1 record cannot be read and is left out; the first: )"
              R"(weir.decision/0@1: not a weir.v1.Decision"]})"
              "\n");
  }
}

TEST_F(AlertApi, CountsHowGoodTheAlertingIs) {
  const std::string stats = ask("GET", "/api/v1/alerts/stats").body;
  EXPECT_NE(stats.find(R"({"all":{"fired":1,)"), std::string::npos) << stats;
}

TEST_F(AlertApi, StatisticsReadOnlyWhatIsNewUnlessATimeIsAskedFor) {
  ask("GET", "/api/v1/alerts/stats");
  append("weir.decision", kAlert, "\x01 no message");
  const net::HttpResponse latest = ask("GET", "/api/v1/alerts/stats");
  EXPECT_EQ(latest.status, 200);
  EXPECT_NE(latest.body.find(R"({"all":{"fired":1,)"), std::string::npos) << latest.body;
  EXPECT_NE(latest.body.find("weir.decision/0@1: not a weir.v1.Decision"), std::string::npos)
      << latest.body;
  const net::HttpResponse of_time =
      ask("GET", "/api/v1/alerts/stats", "", {{"from", "1970-01-01T00:00:00Z"}});
  EXPECT_NE(of_time.status, 200) << "it reads all";
}

TEST_F(AlertApi, AnAcknowledgementIsASignal) {
  EXPECT_EQ(
      ask("POST", "/api/v1/alerts/" + kAlert + "/ack", R"({"by":"ann","note":"on it"})").status,
      202);
  const v1::Signal signal = last_signal();
  EXPECT_EQ(signal.version(), 1U);
  EXPECT_EQ(signal.time_us(), kNow);
  EXPECT_EQ(signal.processor(), "http");
  EXPECT_EQ(signal.acknowledgement().fingerprint(), kAlert);
  EXPECT_EQ(signal.acknowledgement().by(), "ann");
  EXPECT_EQ(signal.acknowledgement().note(), "on it");
}

TEST_F(AlertApi, WhatSomebodyHasTakenOnIsTakenOverBySomebodyElseAlone) {
  v1::AlertRecord record;
  record.set_version(1);
  v1::Alert& alert = *record.mutable_alert();
  alert.set_fingerprint(kAlert);
  alert.set_state(v1::ALERT_STATE_FIRING);
  alert.set_acknowledged_by("bob");
  alert.set_acknowledged_at_us(kNow);
  append("weir.alert", kAlert, record.SerializeAsString());
  const std::string path = "/api/v1/alerts/" + kAlert + "/ack";
  const auto again = ask("POST", path, R"({"by":"bob"})");
  EXPECT_EQ(again.status, 200);
  EXPECT_EQ(again.body,
            R"({"accepted":false,"acknowledged":{"by":"bob","at":"2023-11-14T22:13:20Z",)"
            R"("note":null}})"
            "\n");
  EXPECT_EQ(last_signal().version(), 0U);
  const auto taken_over = ask("POST", path, R"({"by":"ann"})");
  EXPECT_EQ(taken_over.status, 202);
  EXPECT_EQ(taken_over.body,
            R"({"accepted":true,"taken_over_from":{"by":"bob","at":"2023-11-14T22:13:20Z",)"
            R"("note":null}})"
            "\n");
  EXPECT_EQ(last_signal().acknowledgement().by(), "ann");
}

TEST_F(AlertApi, WhatMatchesIsTakenOnWithOneSignal) {
  v1::AlertRecord record;
  record.set_version(1);
  v1::Alert& alert = *record.mutable_alert();
  v1::Label& service = *alert.add_label();
  service.set_name("service");
  service.set_value("chat");
  for (const char* fingerprint : {"00000000000000c1", "00000000000000c2", "00000000000000c3"}) {
    alert.set_fingerprint(fingerprint);
    alert.set_state(fingerprint[15] == '1' ? v1::ALERT_STATE_RESOLVED : v1::ALERT_STATE_FIRING);
    alert.set_acknowledged_by(fingerprint[15] == '2' ? "bob" : "");
    append("weir.alert", fingerprint, record.SerializeAsString());
  }
  const std::string path = "/api/v1/alerts/ack";
  const auto taken = ask("POST", path, R"({"matchers":["service=chat"],"by":"ann","note":"mine"})");
  EXPECT_EQ(taken.status, 202);
  EXPECT_EQ(taken.body, "{\"accepted\":true,\"matching\":1}\n");
  const v1::Acknowledgement said = last_signal().acknowledgement();
  EXPECT_EQ(said.fingerprint(), "");
  EXPECT_EQ(said.matcher(0).value(), "chat");
  EXPECT_EQ(said.by(), "ann");
  EXPECT_EQ(said.note(), "mine");
  EXPECT_EQ(ask("POST", path, R"({"matchers":["service=other"],"by":"ann"})").status, 409);
  EXPECT_EQ(ask("POST", path, R"({"by":"ann"})").status, 400);
}

TEST_F(AlertApi, AMarkIsASignal) {
  EXPECT_EQ(
      ask("POST", "/api/v1/alerts/" + kAlert + "/mark", R"({"by":"ann","useful":false})").status,
      202);
  EXPECT_EQ(last_signal().mark().by(), "ann");
  EXPECT_FALSE(last_signal().mark().useful());
}

TEST_F(AlertApi, ASilenceIsASignalWithAnId) {
  const auto answer = ask("POST", "/api/v1/silences",
                          R"({"matchers":["service=chat"],"by":"ann","reason":"move","for":"2h"})");
  EXPECT_EQ(answer.status, 202);
  EXPECT_EQ(answer.body, "{\"id\":\"07000000000000000000000000000000\",\"matching\":0}\n");
  const v1::Silence silence = last_signal().silence();
  EXPECT_EQ(silence.matcher(0).value(), "chat");
  EXPECT_EQ(silence.starts_at_us(), kNow);
  EXPECT_EQ(silence.ends_at_us(), kNow + 2 * kHourUs);
}

/// Silences as alert tells them, and those that are said.
class AlertApiSilences : public AlertApi {
 protected:
  void tell(const std::string& id, TimeUs ends_at_us) {
    v1::AlertRecord record;
    record.set_version(1);
    record.mutable_silence()->set_id(id);
    record.mutable_silence()->set_ends_at_us(ends_at_us);
    append("weir.alert", "silence:" + id, record.SerializeAsString());
  }

  net::HttpResponse add() {
    return ask("POST", "/api/v1/silences",
               R"({"matchers":["service=chat"],"by":"ann","reason":"move","for":"2h"})");
  }

  std::int64_t signals() {
    runtime::RecordBatch batch;
    EXPECT_TRUE(log_.read({"weir.signal", 0}, 0, 1 << 20, batch));
    return static_cast<std::int64_t>(batch.records.size());
  }
};

TEST_F(AlertApiSilences, AboveTheMostThatAreKeptAreRefused) {
  tell("ended", kNow);
  for (std::size_t i = 1; i < labels::kMaxSilences; ++i) tell(fmt::format("s{}", i), kNow + 1);
  EXPECT_EQ(add().status, 202) << "one has ended, the last place is free";
  const net::HttpResponse refused = add();
  EXPECT_EQ(refused.status, 409) << "alert has told the one before not yet";
  EXPECT_EQ(refused.body,
            R"({"error":"1000 silences hold or will already, and no more are kept","hint":)"
            R"("expire some that nobody needs, /api/v1/silences lists them, or let one have )"
            R"(matchers of several, such as service=~\"a|b\""})"
            "\n");
  EXPECT_EQ(signals(), 1);

  tell("s1", kNow);                                // somebody ended it
  tell("07000000000000000000000000000000", kNow);  // alert had no room for it
  EXPECT_EQ(add().status, 202);
  EXPECT_EQ(signals(), 2);
}

TEST_F(AlertApi, WhatIsNotThereIsRefused) {
  EXPECT_EQ(ask("POST", "/api/v1/alerts/00000000000000bb/ack", R"({"by":"ann"})").status, 404);
  EXPECT_EQ(ask("POST", "/api/v1/alerts/x/ack", R"({"by":"ann"})").status, 404);
  EXPECT_EQ(ask("POST", "/api/v1/alerts/" + kAlert + "/eat", R"({"by":"ann"})").status, 404);
  EXPECT_EQ(ask("DELETE", "/api/v1/silences/7").status, 404);
  EXPECT_EQ(last_signal().version(), 0U);
}

TEST_F(AlertApi, WhatIsWrongIsNamed) {
  const auto error_of = [&](const std::string& path, const std::string& body) {
    const auto answer = ask("POST", path, body);
    EXPECT_EQ(answer.status, 400) << answer.body;
    return answer.body;
  };
  const std::string ack = "/api/v1/alerts/" + kAlert + "/ack";
  EXPECT_NE(error_of(ack, "[]").find("the body is no JSON object"), std::string::npos);
  EXPECT_NE(error_of(ack, "{\"by\": \"ann\",\n}").find("not JSON: line 2, column 1: unexpected"),
            std::string::npos);
  EXPECT_NE(error_of(ack, "{}").find("by: is missing"), std::string::npos);
  EXPECT_NE(error_of(ack, R"({"by":"a","who":"b"})").find("'who': there is no such field"),
            std::string::npos);
  const std::string silences = "/api/v1/silences";
  EXPECT_NE(error_of(silences, R"({"by":"a","reason":"r","for":"1h"})").find("matchers: must be"),
            std::string::npos);
  EXPECT_NE(error_of(silences, R"({"matchers":["a=~\"(\""],"by":"a","reason":"r","for":"1h"})")
                .find("missing )"),
            std::string::npos);
  EXPECT_NE(
      error_of(silences, R"({"matchers":["a=b"],"by":"a","reason":"r"})").find("for: how long"),
      std::string::npos);
  EXPECT_EQ(ask("POST", ack, std::string(kMaxBodyBytes + 1, ' ')).status, 413);
}

}  // namespace
}  // namespace weir::alerts
