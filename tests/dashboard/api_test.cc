#include "sinks/dashboard/api.h"

#include <gtest/gtest.h>

#include "sinks/dashboard/bounded_rows.h"
#include "tests/dashboard/told.h"

namespace weir::dashboard {
namespace {

using Query = std::vector<std::pair<std::string, std::string>>;
using results::Json;

struct ApiTest : testing::Test {
  Told told;

  std::string query(Query more = {}) {
    Query all = {{"scope", "service"}, {"window", "1m/10s"}};
    all.insert(all.end(), more.begin(), more.end());
    return brief(told.api.query(asking(std::move(all))));
  }

  /// "200 10:1 20:2" of rows by their end, or what was wrong.
  static std::string brief(const net::HttpResponse& response) {
    const Json json = Json::parse(response.body);
    std::string text = std::to_string(response.status);
    if (json.contains("error")) return text + " " + json["error"].get<std::string>();
    for (const Json& row : json["rows"])
      text += fmt::format(" {}:{}", row["end_time"].get<std::string>().substr(14, 5),
                          row["requests"].get<int>());
    return text + (json["truncated"].get<bool>() ? " truncated" : "");
  }
};

TEST_F(ApiTest, AnswersTheNewestRowsAndSaysWhatItLeftOut) {
  for (TimeUs end_s = 10; end_s <= 50; end_s += 10) told.tell(end_s, end_s);
  ASSERT_TRUE(told.view.open());

  EXPECT_EQ(query(), "200 00:10:10 00:20:20 00:30:30 00:40:40 00:50:50");
  EXPECT_EQ(query({{"limit", "2"}}), "200 00:40:40 00:50:50 truncated");
  EXPECT_EQ(query({{"from", "1970-01-01T00:00:20Z"}, {"to", "1970-01-01T00:00:30Z"}}),
            "200 00:20:20 00:30:30");
  EXPECT_EQ(query({{"where", "service=code"}}), "200");
}

TEST_F(ApiTest, NamesTheParameterThatIsWrong) {
  told.tell(10, 1);
  ASSERT_TRUE(told.view.open());
  const auto only = [&](Query parameters) {
    return brief(told.api.query(asking(std::move(parameters))));
  };

  EXPECT_EQ(only({{"window", "1m"}}), "400 scope: is missing");
  EXPECT_EQ(only({{"scope", "service"}}), "400 window: is missing");
  EXPECT_EQ(only({{"scope", "planet"}, {"window", "1m"}}).substr(0, 32),
            "400 scope: 'planet' is not a dim");
  EXPECT_EQ(only({{"scope", "service"}, {"window", "soon"}}).substr(0, 18), "400 window: 'soon'");
  EXPECT_EQ(query({{"colour", "red"}}), "400 'colour': there is no such parameter");
  EXPECT_EQ(query({{"position", "1"}}), "400 'position': there is no such parameter");
  EXPECT_EQ(query({{"scope", "tenant"}}), "400 scope: is given twice");
  EXPECT_EQ(query({{"where", "service"}}).substr(0, 10), "400 where:");
  EXPECT_EQ(query({{"from", "yesterday"}}).substr(0, 9), "400 from:");
  EXPECT_EQ(query({{"all", "yes"}}), "400 all: 'yes' is neither 0 nor 1");
  for (const char* limit : {"0", "-1", "200001", "many", ""})
    EXPECT_EQ(query({{"limit", limit}}),
              fmt::format("400 limit: '{}' is not a whole number from 1 to 200000", limit));
}

TEST_F(ApiTest, EveryEndpointRefusesWhatItDoesNotKnow) {
  ASSERT_TRUE(told.view.open());
  const net::HttpRequest request = asking({{"colour", "red"}});
  for (const net::HttpResponse& response :
       {told.api.catalog(request), told.api.pipeline(request), told.api.dead_letters(request),
        told.api.objectives(request), told.api.burndown(request)})
    EXPECT_EQ(brief(response), "400 'colour': there is no such parameter");
}

TEST_F(ApiTest, ShowsWhyAndNotWhatWasRefused) {
  told.refuse(2);
  told.refuse(250);

  const Json json = Json::parse(told.api.dead_letters(asking({})).body);
  ASSERT_EQ(json["rows"].size(), 2U);
  EXPECT_EQ(json["truncated"], false);
  EXPECT_EQ(json["rows"][0]["reasons"].size(), 100U);
  EXPECT_EQ(json["rows"][0]["reasons_total"], 250);
  EXPECT_EQ(json["rows"][1]["reasons"][1].dump(),
            R"({"index":1,"reason":"malformed","text":"latency_us is <b>"})");
  EXPECT_EQ(json["rows"][1]["original_bytes"], 6);
  EXPECT_EQ(json.dump().find("secret"), std::string::npos);

  const Json newest = Json::parse(told.api.dead_letters(asking({{"limit", "1"}})).body);
  EXPECT_EQ(newest["rows"].size(), 1U);
  EXPECT_EQ(newest["rows"][0]["reasons_total"], 250);
  EXPECT_EQ(newest["truncated"], true);
}

TEST_F(ApiTest, TellsSinceWhenAPartitionIsStalled) {
  told.facts.partitions = {{.topic = "weir.inference",
                            .processor = "fold",
                            .position = 3,
                            .end = 10,
                            .watermark_us = 60 * kSecondUs,
                            .append_time_us = 300 * kSecondUs,
                            .stalled = true,
                            .stalled_since_us = 180 * kSecondUs},
                           {.topic = "weir.inference", .partition = 1, .processor = "fold"}};

  const Json json = Json::parse(told.api.pipeline(asking({})).body);
  EXPECT_EQ(json["partitions"][0].dump(),
            R"({"topic":"weir.inference","partition":0,"processor":"fold","position":3,"end":10,)"
            R"("lag_records":7,"watermark":"1970-01-01T00:01:00Z",)"
            R"("append_time":"1970-01-01T00:05:00Z","watermark_lag_s":30.0,"stalled":true,)"
            R"("stalled_since":"1970-01-01T00:03:00Z"})");
  EXPECT_TRUE(json["partitions"][1]["stalled_since"].is_null());
}

TEST(BoundedRows, KeepTheNewestThatFit) {
  BoundedRows rows(3, 10);
  for (const char* row : {"1", "22", "333"}) rows.add(row);
  EXPECT_EQ(rows.oldest_first(), "[1,\n22,\n333]");
  EXPECT_FALSE(rows.truncated());
  rows.add("4");
  EXPECT_EQ(rows.newest_first(), "[4,\n333,\n22]");
  rows.add("5555555");
  EXPECT_EQ(rows.oldest_first(), "[4,\n5555555]");
  rows.add(std::string(20, '6'));
  EXPECT_EQ(rows.oldest_first(), "[66666666666666666666]");
  EXPECT_TRUE(rows.truncated());
}

}  // namespace
}  // namespace weir::dashboard
