// Statistics of alerts on the page that a scrape finds, from decisions written by hand.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "sinks/prometheus/alert_samples.h"
#include "sinks/prometheus/exposition.h"
#include "tests/fakes/memory_log.h"
#include "tests/prometheus/exposed.h"

namespace weir::prometheus {
namespace {

/// A page that is scraped again and again, of a log on which nothing but decisions are told.
class AlertStatsExpositionTest : public testing::Test {
 protected:
  AlertStatsExpositionTest() {
    for (const char* topic : {"weir.config", "weir.kpi", "weir.decision"})
      EXPECT_TRUE(log_.create_topic({.name = topic}));
    EXPECT_TRUE(view_.open());
  }

  /// At a second of both times.
  void decide(std::int64_t at, const std::string& alert, v1::DecisionKind kind,
              const std::string& notification = "") {
    v1::Decision decision;
    decision.set_version(1);
    decision.set_fingerprint(alert);
    decision.set_life(1);
    decision.set_kind(kind);
    decision.set_time_us(at * kSecondUs);
    decision.set_append_time_us(at * kSecondUs);
    decision.set_service(alert.substr(0, alert.find('-')));
    decision.set_notification_id(notification);
    append(at, decision.SerializeAsString());
  }

  void append(std::int64_t at, const std::string& value) {
    const runtime::NewRecord record{.value = value, .append_time_us = at * kSecondUs};
    EXPECT_TRUE(log_.append({"weir.decision", 0}, {&record, 1}));
  }

  /// Lines of the page that match.
  std::string exposed(const std::string& pattern) {
    return prometheus::exposed(exposition_, pattern);
  }

  fakes::MemoryLog log_;
  runtime::Metrics own_;
  view::Probe probe_{own_};
  view::LiveView view_{log_, {}, probe_};
  runtime::Metrics metrics_;
  Exposition exposition_{
      {.view = view_, .log = log_, .metrics = metrics_, .clock = [] { return TimeUs{0}; }}};
};

TEST_F(AlertStatsExpositionTest, TellsThemOfAllAndOfEachService) {
  using enum v1::DecisionKind;
  decide(0, "chat-a", DECISION_KIND_FIRED);
  decide(0, "chat-a", DECISION_KIND_GROUPED, "n1");
  decide(1, "chat-a", DECISION_KIND_SENT, "n1");
  decide(10, "code-b", DECISION_KIND_FIRED);
  decide(10, "code-b", DECISION_KIND_SILENCED);
  decide(30, "chat-a", DECISION_KIND_ACKNOWLEDGED);
  decide(60, "chat-a", DECISION_KIND_RESOLVED);
  decide(70, "chat-a", DECISION_KIND_USEFUL);
  decide(300, "chat-c", DECISION_KIND_FIRED);
  decide(300, "chat-c", DECISION_KIND_GROUPED, "n2");
  decide(301, "chat-c", DECISION_KIND_FAILED, "n2");

  EXPECT_EQ(exposed("^weir_alert_"), R"(weir_alert_fired_lives{scope="*"} 3
weir_alert_fired_lives{scope="service",service="chat"} 2
weir_alert_fired_lives{scope="service",service="code"} 1
weir_alert_hidden_lives{scope="*"} 1
weir_alert_hidden_lives{scope="service",service="chat"} 0
weir_alert_hidden_lives{scope="service",service="code"} 1
weir_alert_acknowledged_lives{scope="*"} 1
weir_alert_acknowledged_lives{scope="service",service="chat"} 1
weir_alert_acknowledged_lives{scope="service",service="code"} 0
weir_alert_useful_lives{scope="*"} 1
weir_alert_useful_lives{scope="service",service="chat"} 1
weir_alert_useful_lives{scope="service",service="code"} 0
weir_alert_not_useful_lives{scope="*"} 0
weir_alert_not_useful_lives{scope="service",service="chat"} 0
weir_alert_not_useful_lives{scope="service",service="code"} 0
weir_alert_incidents{scope="*"} 3
weir_alert_incidents{scope="service",service="chat"} 2
weir_alert_incidents{scope="service",service="code"} 1
weir_alert_notifications{scope="*"} 2
weir_alert_notifications{scope="service",service="chat"} 2
weir_alert_notifications{scope="service",service="code"} 0
weir_alert_sent_notifications{scope="*"} 1
weir_alert_sent_notifications{scope="service",service="chat"} 1
weir_alert_sent_notifications{scope="service",service="code"} 0
weir_alert_failed_notifications{scope="*"} 1
weir_alert_failed_notifications{scope="service",service="chat"} 1
weir_alert_failed_notifications{scope="service",service="code"} 0
weir_alert_signal_to_noise_ratio{scope="*"} 0.5
weir_alert_signal_to_noise_ratio{scope="service",service="chat"} 0.5
weir_alert_precision_ratio{scope="*"} 1
weir_alert_precision_ratio{scope="service",service="chat"} 1
weir_alert_mtta_seconds{scope="*"} 30
weir_alert_mtta_seconds{scope="service",service="chat"} 30
weir_alert_mttr_seconds{scope="*"} 60
weir_alert_mttr_seconds{scope="service",service="chat"} 60
weir_alert_mtbf_seconds{scope="*"} 240
weir_alert_mtbf_seconds{scope="service",service="chat"} 240
)");
}

TEST_F(AlertStatsExpositionTest, EachLookTakesWhatWasDecidedSinceAndForgetsWhatIsOld) {
  const std::string pattern = R"(^weir_alert_(fired_lives|notifications|mtt.*)\{scope="\*")";
  const auto page = [](int fired, int told, const std::string& means) {
    return fmt::format(
               "weir_alert_fired_lives{{scope=\"*\"}} {}\nweir_alert_notifications{{scope=\"*\"}} "
               "{}\n",
               fired, told) +
           means;
  };
  EXPECT_EQ(exposed(pattern), page(0, 0, ""));
  decide(0, "chat-a", v1::DECISION_KIND_FIRED);
  decide(0, "chat-a", v1::DECISION_KIND_GROUPED, "n1");
  EXPECT_EQ(exposed(pattern), page(1, 1, ""));
  EXPECT_EQ(exposed(pattern), page(1, 1, ""));
  decide(50, "chat-a", v1::DECISION_KIND_RESOLVED);
  EXPECT_EQ(exposed(pattern), page(1, 1, "weir_alert_mttr_seconds{scope=\"*\"} 50\n"));

  constexpr std::int64_t kDayS = kDayUs / kSecondUs;
  decide(20 * kDayS, "chat-a", v1::DECISION_KIND_SENT, "n1");
  decide(29 * kDayS, "chat-b", v1::DECISION_KIND_FIRED);
  EXPECT_EQ(exposed(pattern), page(2, 1, "weir_alert_mttr_seconds{scope=\"*\"} 50\n"));
  decide(31 * kDayS, "chat-b", v1::DECISION_KIND_ACKNOWLEDGED);
  EXPECT_EQ(exposed(pattern), page(1, 0, "weir_alert_mtta_seconds{scope=\"*\"} 172800\n"));
  EXPECT_EQ(exposed(R"(^weir_alert_sent_notifications\{scope="\*")"),
            "weir_alert_sent_notifications{scope=\"*\"} 0\n")
      << "it was told longer ago";
}

TEST_F(AlertStatsExpositionTest, WhatCannotBeReadHidesNothingElse) {
  decide(0, "chat-a", v1::DECISION_KIND_FIRED);
  append(1, "\xFF");
  decide(2, "chat-b", v1::DECISION_KIND_FIRED);

  EXPECT_EQ(exposed(R"(^weir_(alert_fired_lives\{scope="\*|.*unreadable.*decision))"),
            R"(weir_alert_fired_lives{scope="*"} 2
weir_prometheus_unreadable_records{topic="weir.decision"} 1
)");
}

TEST(AlertStatsText, OfManyServicesThoseOfWhichMostFiredAreShown) {
  results::AllAlertStats stats;
  for (int i = 0; i < 150; ++i) stats.by_service[fmt::format("s{:03}", i)].fired = i;
  stats.by_service["quoted \"*\"\n"].fired = 1'000;

  const std::string text = alert_stats_text(stats);

  const auto fired = [&](const std::string& service) {
    return text.contains("weir_alert_fired_lives{scope=\"service\",service=\"" + service + '"');
  };
  EXPECT_TRUE(fired(R"(quoted \"*\"\n)") && fired("s149") && fired("s051")) << text;
  EXPECT_FALSE(fired("s050")) << text;
}

}  // namespace
}  // namespace weir::prometheus
