#include "sinks/results/kpi_results.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "processors/aggregates/definitions.h"
#include "processors/core/time.h"
#include "sinks/results/log_rows.h"
#include "tests/fakes/memory_log.h"
#include "weir/v1/config.pb.h"

namespace weir::results {
namespace {

constexpr DurationUs kHop = 10 * kSecondUs;
constexpr windows::Window kMinute = {kMinuteUs, kHop};

/// What the kpi processor would have told, written by hand.
class KpiResultsTest : public testing::Test {
 protected:
  KpiResultsTest() {
    make_topic("weir.config", 1);
    make_topic("weir.kpi", 2);
    v1::ConfigRecord config;
    config.set_version(1);
    for (const char* dimension : {"service", "tenant"}) {
      v1::ScopeDefinition& scope = *config.mutable_definitions()->add_scope();
      scope.add_dimension(dimension);
      for (const DurationUs hop : {kHop, kMinuteUs}) {
        v1::WindowDefinition& window = *scope.add_window();
        window.set_length_us(hop == kHop ? kMinuteUs : kHourUs);
        window.set_hop_us(hop);
      }
    }
    config.mutable_definitions()->add_unrated_status("cancelled");
    append("weir.config", 0, {.value = config.SerializeAsString()});
  }

  struct Telling {
    std::string service = "chat";
    TimeUs end_s = 0;
    std::int64_t requests = 0;
    std::int64_t restated = -1;  // >= 0: it restates this number
    std::int32_t partition = 0;
    std::string dimension = "service";
    bool overflow = false;
    windows::Window window = kMinute;
  };

  void tell(const Telling& telling) {
    v1::KpiResult result;
    result.set_version(1);
    result.add_scope(telling.dimension);
    result.add_series(telling.service);
    result.set_end_time_us(telling.end_s * kSecondUs);
    result.set_overflow(telling.overflow);
    result.set_restates(telling.restated >= 0);
    v1::WindowResult& window = *result.add_window();
    window.set_length_us(telling.window.length_us);
    window.set_hop_us(telling.window.hop_us);
    window.set_complete(true);
    window.mutable_value()->set_requests(telling.requests);
    if (telling.restated >= 0) {
      window.mutable_restated()->set_requests(telling.restated);
      window.mutable_difference()->set_requests(telling.requests - telling.restated);
    }
    const auto dimension = aggregates::parse_dimension(telling.dimension);
    append("weir.kpi", telling.partition,
           {.key = fmt::format("{}@{}",
                               aggregates::series_text({&*dimension, 1}, {&telling.service, 1}),
                               format_rfc3339(result.end_time_us())),
            .value = result.SerializeAsString()});
  }

  /// "20 chat 3", one a line: end in seconds, series, requests; "!" behind what restates.
  std::string shown(const KpiQuery& query) const {
    const auto results = KpiResults::open(log_, query);
    if (!results) return results.error().message;
    std::string text;
    const auto read = results->read([&](const KpiRow& row) {
      text += fmt::format("{} {} {}{}\n", row.end_time_us / kSecondUs, row.series[0],
                          row.window.value().requests(), row.restates ? "!" : "");
      return true;
    });
    return read ? text : read.error().message;
  }

  static KpiQuery minutes() { return {.scope = {"service"}, .window = "1m"}; }

  void append(const std::string& topic, std::int32_t partition, runtime::NewRecord record) {
    ASSERT_TRUE(log_.append({topic, partition}, {&record, 1}));
  }

  fakes::MemoryLog log_;

 private:
  void make_topic(const std::string& name, std::int32_t partitions) {
    ASSERT_TRUE(log_.create_topic({.name = name, .partitions = partitions}));
  }
};

TEST_F(KpiResultsTest, CarriesAValueUntilTheNextOneAndToTheLastEndThatWasTold) {
  tell({.end_s = 10, .requests = 3});
  tell({.end_s = 40, .requests = 5});
  tell({.service = "busy", .end_s = 60, .requests = 1});

  EXPECT_EQ(shown(minutes()),
            "10 chat 3\n"
            "20 chat 3\n"
            "30 chat 3\n"
            "40 chat 5\n"
            "50 chat 5\n"
            "60 busy 1\n"
            "60 chat 5\n");
}

TEST_F(KpiResultsTest, AnEmptyWindowIsToldAndNotCarried) {
  tell({.end_s = 10, .requests = 3});
  tell({.end_s = 20, .requests = 0});
  tell({.end_s = 50, .requests = 2});

  EXPECT_EQ(shown(minutes()),
            "10 chat 3\n"
            "20 chat 0\n"
            "50 chat 2\n");
}

TEST_F(KpiResultsTest, APartitionSpeaksForItsOwnSeriesOnly) {
  tell({.service = "here", .end_s = 10, .requests = 3});
  tell({.service = "there", .end_s = 30, .requests = 4, .partition = 1});

  EXPECT_EQ(shown(minutes()),
            "10 here 3\n"
            "30 there 4\n");
}

TEST_F(KpiResultsTest, TheLastRestatementCountsAndStands) {
  tell({.end_s = 10, .requests = 3});
  tell({.end_s = 20, .requests = 4});
  tell({.end_s = 40, .requests = 9});
  tell({.end_s = 20, .requests = 5, .restated = 4});
  tell({.end_s = 30, .requests = 6, .restated = 5});
  tell({.end_s = 20, .requests = 7, .restated = 5});

  EXPECT_EQ(shown(minutes()),
            "10 chat 3\n"
            "20 chat 7!\n"
            "30 chat 6!\n"
            "40 chat 9\n");
}

TEST_F(KpiResultsTest, EverythingIsTheValuesInTheOrderTheyWereTold) {
  tell({.end_s = 10, .requests = 3});
  tell({.end_s = 30, .requests = 9});
  tell({.end_s = 10, .requests = 5, .restated = 3});
  tell({.end_s = 10, .requests = 7, .restated = 5});
  KpiQuery query = minutes();
  query.all = true;

  EXPECT_EQ(shown(query),
            "10 chat 3\n"
            "10 chat 5!\n"
            "10 chat 7!\n"
            "20 chat 7\n"
            "30 chat 9\n");
}

TEST_F(KpiResultsTest, MoreRestatementsThanMemoryHoldsNeedARange) {
  tell({.end_s = 10, .requests = 1});
  for (std::int64_t told = 1; told <= 50; ++told)
    tell({.end_s = 10, .requests = told + 1, .restated = told});
  tell({.end_s = 300, .requests = 7});
  const auto catalog = Catalog::read(log_);
  ASSERT_TRUE(catalog);
  const auto read = [&](const KpiQuery& query) {
    const KpiResults results(catalog->select(query).value(),
                             std::make_shared<const Catalog>(*catalog), rows_of_log(log_, 4096));
    std::int64_t rows = 0;
    const auto done = results.read([&rows](const KpiRow&) { return ++rows > 0; });
    return done ? fmt::format("{} rows", rows) : done.error().message;
  };

  KpiQuery query = minutes();
  EXPECT_EQ(read(query), "30 rows");  // of each end the last value
  query.all = true;
  EXPECT_TRUE(read(query).ends_with("MiB hold; ask for a range, with from and to")) << read(query);
  query.from_us = 200 * kSecondUs;
  EXPECT_EQ(read(query), "1 rows");
}

TEST_F(KpiResultsTest, TheMemoryOfRestatementsIsThatOfTheMapsToo) {
  constexpr std::uint64_t kRows = 40;
  tell({.end_s = 10, .requests = 1});
  for (std::uint64_t i = 1; i <= kRows; ++i)
    tell({.end_s = static_cast<TimeUs>(10 * i), .requests = 2, .restated = 1});
  const auto catalog = Catalog::read(log_);
  ASSERT_TRUE(catalog);
  const KpiSelection selection = catalog->select(minutes()).value();
  const auto opens = [&](std::uint64_t row_bytes) {
    return rows_of_log(log_, kRows * row_bytes)(selection).has_value();
  };

  // A row, its window, and less than the nodes of two maps by end and by series.
  constexpr std::uint64_t kWithoutNodes = sizeof(KpiRow) + sizeof(std::string) + 200;
  EXPECT_FALSE(opens(kWithoutNodes));
  EXPECT_TRUE(opens(4 * kWithoutNodes));
}

TEST_F(KpiResultsTest, WhatWasNeverToldFirstCanBeToldLate) {
  tell({.service = "busy", .end_s = 40, .requests = 1});
  tell({.service = "late", .end_s = 20, .requests = 2, .restated = 0});
  tell({.service = "late", .end_s = 30, .requests = 0, .restated = 0});

  EXPECT_EQ(shown(minutes()),
            "20 late 2!\n"
            "30 late 0!\n"
            "40 busy 1\n");
}

TEST_F(KpiResultsTest, ARangeKnowsWhatWasToldBeforeIt) {
  tell({.end_s = 10, .requests = 3});
  tell({.end_s = 60, .requests = 9});
  tell({.end_s = 10, .requests = 4, .restated = 3});
  KpiQuery query = minutes();
  query.from_us = 30 * kSecondUs;
  query.to_us = 50 * kSecondUs;

  EXPECT_EQ(shown(query),
            "30 chat 4\n"
            "40 chat 4\n"
            "50 chat 4\n");
}

TEST_F(KpiResultsTest, FiltersSeriesScopesAndWindows) {
  tell({.service = "a,b=c", .end_s = 10, .requests = 1});
  tell({.service = "chat", .end_s = 10, .requests = 2});
  tell({.service = "chat", .end_s = 10, .requests = 3, .dimension = "tenant"});
  tell({.service = "chat", .end_s = 60, .requests = 4, .window = {kHourUs, kMinuteUs}});
  KpiQuery query = minutes();
  query.where = {{"service", "chat"}};
  EXPECT_EQ(shown(query), "10 chat 2\n");
  query.where = {{"service", "a,b=c"}};
  EXPECT_EQ(shown(query), "10 a,b=c 1\n");

  EXPECT_EQ(shown({.scope = {"tenant"}, .window = "1m/10s"}), "10 chat 3\n");
  EXPECT_EQ(shown({.scope = {"service"}, .window = "1h"}), "60 chat 4\n");
}

TEST_F(KpiResultsTest, SharesOfTheOverflowAreAddedUp) {
  tell({.service = "__other__", .end_s = 10, .requests = 2, .overflow = true});
  tell({.service = "__other__", .end_s = 10, .requests = 3, .partition = 1, .overflow = true});
  tell({.service = "chat", .end_s = 10, .requests = 4, .partition = 1});

  EXPECT_EQ(shown(minutes()),
            "10 __other__ 5\n"
            "10 chat 4\n");
  KpiQuery query = minutes();
  query.all = true;
  EXPECT_EQ(shown(query),
            "10 __other__ 2\n"
            "10 __other__ 3\n"
            "10 chat 4\n");
}

TEST_F(KpiResultsTest, WhatDoesNotExistIsAnsweredByWhatDoes) {
  EXPECT_EQ(shown({.scope = {"model"}, .window = "1m"}),
            "scope: there is no model; choose one of: service | tenant");
  EXPECT_EQ(shown({.scope = {"service"}, .window = "2m"}),
            "window: service has no 2m; choose one of: 1m/10s 1h/1m");
  KpiQuery query = minutes();
  query.where = {{"tenant", "x"}};
  EXPECT_EQ(shown(query), "where: tenant is no dimension of the scope service");
}

TEST_F(KpiResultsTest, RulesOfOtherProcessorsChangeNothing) {
  v1::ConfigRecord rules;
  rules.set_version(1);
  rules.set_processor("alert");
  rules.set_rules("receivers: []");
  append("weir.config", 0, {.value = rules.SerializeAsString()});
  const auto catalog = Catalog::read(log_);
  ASSERT_TRUE(catalog);
  EXPECT_EQ(catalog->unrated(), std::vector<std::string>{"cancelled"});
  EXPECT_EQ(catalog->scopes().size(), 2U);
}

TEST(Catalog, SaysThatNothingWasToldYet) {
  const auto selection = Catalog().select({.scope = {"service"}, .window = "1m"});
  EXPECT_EQ(selection.error().message, "scope: nothing was told yet; results come after events");
}

TEST_F(KpiResultsTest, ADamagedResultIsNamed) {
  runtime::NewRecord record{.key = "service=chat@", .value = "\xFF"};
  ASSERT_TRUE(log_.append({"weir.kpi", 1}, {&record, 1}));

  EXPECT_EQ(shown(minutes()), "weir.kpi/1@0: not a weir.v1.KpiResult");
}

}  // namespace
}  // namespace weir::results
