// Objectives and alerts on the page that a scrape finds, from records written by hand.
#include <algorithm>
#include <fstream>
#include <optional>
#include <sstream>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "sinks/prometheus/alert_samples.h"
#include "sinks/prometheus/exposition.h"
#include "tests/fakes/memory_log.h"
#include "tests/prometheus/exposed.h"

namespace weir::prometheus {
namespace {

struct Telling {
  std::string objective = "chat-fast";
  std::string service = "chat";
  std::vector<std::string> scope = {"model"};
  std::vector<std::string> series = {"llama"};
  std::optional<double> spent_ratio = 0.25;
  std::int64_t good = 9'975;
  std::int64_t total = 10'000;
  v1::BudgetingMethod method = v1::BUDGETING_METHOD_OCCURRENCES;
  std::int32_t partition = 0;
  bool closed = false;
  bool overflow = false;
};

v1::BurnResult result_of(const Telling& telling) {
  v1::BurnResult result;
  result.set_version(1);
  result.set_objective(telling.objective);
  result.set_ledger_version(1);
  result.set_service(telling.service);
  for (const std::string& dimension : telling.scope) result.add_scope(dimension);
  for (const std::string& value : telling.series) result.add_series(value);
  result.set_target_ppb(990'000'000);
  result.set_method(telling.method);
  result.mutable_budget()->set_good(telling.good);
  result.mutable_budget()->set_total(telling.total);
  if (telling.spent_ratio) result.mutable_budget()->set_spent_ratio(*telling.spent_ratio);
  for (const DurationUs length : {5 * kMinuteUs, kHourUs, 30 * kDayUs}) {
    v1::BurnWindow& window = *result.add_window();
    window.set_length_us(length);
    // Nothing came in the last five minutes.
    if (length > 5 * kMinuteUs && telling.spent_ratio) window.set_burn_rate(*telling.spent_ratio);
  }
  result.set_closed(telling.closed);
  result.set_overflow(telling.overflow);
  result.set_as_of_partition(telling.partition);
  return result;
}

/// A page that is scraped again and again, of a log on which nothing but this is told.
class SloExpositionTest : public testing::Test {
 protected:
  SloExpositionTest() {
    for (const char* topic : {"weir.config", "weir.kpi", "weir.alert"})
      EXPECT_TRUE(log_.create_topic({.name = topic}));
    EXPECT_TRUE(log_.create_topic({.name = "weir.burn", .partitions = 2}));
    EXPECT_TRUE(view_.open());
  }

  void tell(const Telling& telling) {
    append({"weir.burn", telling.partition}, result_of(telling).SerializeAsString());
  }

  void tell_alert(const std::string& fingerprint, const std::string& severity,
                  v1::AlertState state) {
    v1::AlertRecord record;
    record.set_version(1);
    record.mutable_alert()->set_fingerprint(fingerprint);
    record.mutable_alert()->set_severity(severity);
    record.mutable_alert()->set_state(state);
    append({"weir.alert", 0}, record.SerializeAsString());
  }

  void append(const runtime::TopicPartition& where, const std::string& value) {
    const runtime::NewRecord record{.value = value};
    EXPECT_TRUE(log_.append(where, {&record, 1}));
  }

  /// The page; only lines that match, where a pattern is given.
  std::string exposed(const std::string& pattern = "") {
    return prometheus::exposed(exposition_, pattern);
  }

  ExpositionParts parts() {
    return {.view = view_, .log = log_, .metrics = metrics_, .clock = [] { return TimeUs{0}; }};
  }

  fakes::MemoryLog log_;
  runtime::Metrics own_;
  view::Probe probe_{own_};
  view::LiveView view_{log_, {}, probe_};
  runtime::Metrics metrics_;
  Exposition exposition_{parts()};
};

// Statistics of alerts: see alert_stats_test.cc.
TEST_F(SloExpositionTest, ShowsObjectivesAndAlertsInBaseUnitsAndNothingElse) {
  tell({});
  tell_alert("aa", "page", v1::ALERT_STATE_FIRING);
  tell_alert("bb", "info", v1::ALERT_STATE_PENDING);
  tell_alert("cc", "info", v1::ALERT_STATE_RESOLVED);

  EXPECT_EQ(exposed("^(?!.*weir_alert_)"),
            R"(# HELP weir_slo_objective_ratio What is promised of good events among all.
# TYPE weir_slo_objective_ratio gauge
weir_slo_objective_ratio{objective="chat-fast",service="chat",model="llama"} 0.99
# HELP weir_slo_budget_remaining_ratio What is left of the budget; below 0: overspent.
# TYPE weir_slo_budget_remaining_ratio gauge
weir_slo_budget_remaining_ratio{objective="chat-fast",service="chat",model="llama"} 0.75
# HELP weir_slo_burn_rate How fast the budget burns; 1: it lasts exactly for its window.
# TYPE weir_slo_burn_rate gauge
weir_slo_burn_rate{objective="chat-fast",service="chat",model="llama",window="1h"} 0.25
weir_slo_burn_rate{objective="chat-fast",service="chat",model="llama",window="30d"} 0.25
# HELP weir_slo_good_events Good events in the objective's window.
# TYPE weir_slo_good_events gauge
weir_slo_good_events{objective="chat-fast",service="chat",model="llama"} 9975
# HELP weir_slo_events Events in the objective's window.
# TYPE weir_slo_events gauge
weir_slo_events{objective="chat-fast",service="chat",model="llama"} 10000
# HELP weir_alerts Alerts as they stand, those that nobody is told of included.
# TYPE weir_alerts gauge
weir_alerts{state="firing",severity="info"} 0
weir_alerts{state="pending",severity="info"} 1
weir_alerts{state="firing",severity="page"} 1
weir_alerts{state="pending",severity="page"} 0
weir_alerts{state="firing",severity="ticket"} 0
weir_alerts{state="pending",severity="ticket"} 0
# HELP weir_prometheus_omitted_series Series of a window left out of this page, which is full.
# TYPE weir_prometheus_omitted_series gauge
weir_prometheus_omitted_series 0
# HELP weir_prometheus_omitted_ledgers Ledgers of objectives left out of this page, which is full.
# TYPE weir_prometheus_omitted_ledgers gauge
weir_prometheus_omitted_ledgers 0
# HELP weir_prometheus_unreadable_records Records left out of this page, as they cannot be read.
# TYPE weir_prometheus_unreadable_records gauge
weir_prometheus_unreadable_records{topic="weir.burn"} 0
weir_prometheus_unreadable_records{topic="weir.alert"} 0
weir_prometheus_unreadable_records{topic="weir.decision"} 0
)");
}

TEST_F(SloExpositionTest, EachScrapeShowsWhatWasToldSince) {
  const std::string pattern = R"(^weir_(slo_(budget|events)|alerts.*firing.*page))";
  const std::string labels = R"({objective="chat-fast",service="chat",model="llama"})";
  const auto page = [&](const std::string& left, int events, int firing) {
    return (left.empty() ? "" : "weir_slo_budget_remaining_ratio" + labels + ' ' + left + '\n') +
           fmt::format("weir_slo_events{} {}\n", labels, events) +
           fmt::format("weir_alerts{{state=\"firing\",severity=\"page\"}} {}\n", firing);
  };
  tell({});
  tell_alert("aa", "page", v1::ALERT_STATE_FIRING);
  EXPECT_EQ(exposed(pattern), page("0.75", 10'000, 1));

  tell({.spent_ratio = 1.5, .total = 10'100});
  tell_alert("bb", "page", v1::ALERT_STATE_FIRING);
  EXPECT_EQ(exposed(pattern), page("-0.5", 10'100, 2));
  EXPECT_EQ(exposed(pattern), page("-0.5", 10'100, 2));  // nothing is told: it stands

  tell({.spent_ratio = {}, .good = 0, .total = 0});
  tell_alert("aa", "page", v1::ALERT_STATE_RESOLVED);
  EXPECT_EQ(exposed(pattern), page("", 0, 1));

  tell({.closed = true});
  EXPECT_EQ(exposed(pattern), "weir_alerts{state=\"firing\",severity=\"page\"} 1\n");

  tell({.total = 7});
  EXPECT_EQ(exposed(pattern), page("0.75", 7, 1));
}

TEST_F(SloExpositionTest, SaysHowManyLedgersFoundNoRoom) {
  for (int i = 0; i < 100; ++i) tell({.series = {std::to_string(i)}});
  tell({.objective = "chat-up", .scope = {}, .series = {}});
  ExpositionParts small = parts();
  small.max_slo_bytes = 800;
  Exposition exposition(small);

  EXPECT_EQ(prometheus::exposed(exposition, R"(^weir_(slo_events|prometheus_omitted))"),
            R"(weir_slo_events{objective="chat-up",service="chat"} 10000
weir_slo_events{objective="chat-fast",service="chat",model="0"} 10000
weir_prometheus_omitted_series 0
weir_prometheus_omitted_ledgers 99
)");
}

TEST_F(SloExpositionTest, LabelsSayWhichLedgerItIsAndHoldAnyText) {
  tell({.scope = {"service", "model"}, .series = {"code", ""}});
  tell({.service = "", .series = {"a\"} 1\nweir_evil{x=\"\\"}});
  for (const std::int32_t partition : {0, 1})
    tell({.series = {"__other__"}, .total = partition, .partition = partition, .overflow = true});

  EXPECT_EQ(
      exposed("^weir_(slo_events|evil)"),
      R"(weir_slo_events{objective="chat-fast",service="chat",model="__other__",partition="0"} 0
weir_slo_events{objective="chat-fast",service="chat",model="__other__",partition="1"} 1
weir_slo_events{objective="chat-fast",model="a\"} 1\nweir_evil{x=\"\\"} 10000
weir_slo_events{objective="chat-fast",service="code",model=""} 10000
)");
}

TEST_F(SloExpositionTest, SharesOfSlicesAreCountedAsSlices) {
  tell({.good = 1'500'000'000,
        .total = 2'000'000'000,
        .method = v1::BUDGETING_METHOD_RATIO_TIMESLICES});

  EXPECT_EQ(exposed("^weir_slo_(good_)?events"),
            R"(weir_slo_good_events{objective="chat-fast",service="chat",model="llama"} 1.5
weir_slo_events{objective="chat-fast",service="chat",model="llama"} 2
)");
}

TEST_F(SloExpositionTest, WhatCannotBeReadHidesNothingElse) {
  tell({.total = 1});
  append({"weir.burn", 0}, "\xFF");
  tell({.total = 2});

  EXPECT_EQ(exposed("^weir_(slo_events|prometheus_unreadable)"),
            R"(weir_slo_events{objective="chat-fast",service="chat",model="llama"} 2
weir_prometheus_unreadable_records{topic="weir.burn"} 1
weir_prometheus_unreadable_records{topic="weir.alert"} 0
weir_prometheus_unreadable_records{topic="weir.decision"} 0
)");
}

TEST_F(SloExpositionTest, OfWhatWasToldWhileNobodyAskedOnlyTheNewestCounts) {
  tell({.series = {"quiet"}});
  tell({.series = {"elsewhere"}, .partition = 1});
  EXPECT_NE(exposed("quiet"), "");
  for (std::int64_t i = 0; i <= results::BurnBoard::kNewest; ++i) tell({.total = i});

  EXPECT_EQ(exposed("^weir_slo_events"),
            R"(weir_slo_events{objective="chat-fast",service="chat",model="elsewhere"} 10000
weir_slo_events{objective="chat-fast",service="chat",model="llama"} 20000
)");
}

TEST_F(SloExpositionTest, ALogWithoutObjectivesHasNone) {
  fakes::MemoryLog empty;
  Exposition exposition(
      {.view = view_, .log = empty, .metrics = metrics_, .clock = [] { return TimeUs{0}; }});

  EXPECT_EQ(prometheus::exposed(exposition, "^weir_(slo|alerts)"),
            R"(weir_alerts{state="firing",severity="page"} 0
weir_alerts{state="pending",severity="page"} 0
weir_alerts{state="firing",severity="ticket"} 0
weir_alerts{state="pending",severity="ticket"} 0
)");
}

TEST(AlertText, SeveritiesAboveTheCapAreCountedTogether) {
  std::map<std::string, v1::Alert> alerts;
  for (int i = 0; i < 100; ++i) {
    v1::Alert& alert = alerts[fmt::format("{:03}", i)];
    alert.set_severity(fmt::format("made-up-{:03}", i));
    alert.set_state(v1::ALERT_STATE_FIRING);
  }

  // page, ticket, 18 others and the rest, each in both states, behind HELP and TYPE.
  const std::string text = alert_text(alerts);
  EXPECT_NE(text.find("{state=\"firing\",severity=\"__other__\"} 82\n"), std::string::npos) << text;
  EXPECT_EQ(std::ranges::count(text, '\n'), 2 + 2 * (2 + 18 + 1)) << text;
}

TEST_F(SloExpositionTest, ReadmeListsEveryName) {
  tell({});
  std::stringstream readme;
  readme << std::ifstream(WEIR_SOURCE_DIR "/sinks/prometheus/README.md").rdbuf();
  std::istringstream types(exposed("^# TYPE"));
  for (std::string hash, type, name, kind; types >> hash >> type >> name >> kind;)
    EXPECT_NE(readme.str().find('`' + name + '`'), std::string::npos) << name;
}

}  // namespace
}  // namespace weir::prometheus
