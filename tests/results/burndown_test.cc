#include "sinks/results/burndown.h"

#include <cstdint>
#include <optional>
#include <string>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "sinks/results/burn_results.h"
#include "sinks/results/record_scan.h"
#include "tests/fakes/memory_log.h"

namespace weir::results {
namespace {

const runtime::TopicPartition kBurn{std::string(kBurnTopic), 0};

/// The same log, watched.
class WatchedLog final : public runtime::Reader {
 public:
  explicit WatchedLog(const runtime::Reader& log) : log_(log) {}

  Result<std::int32_t> partitions(std::string_view topic) const override {
    return log_.partitions(topic);
  }
  Result<runtime::Bounds> bounds(const runtime::TopicPartition& where) const override {
    WEIR_ASSIGN(runtime::Bounds bounds, log_.bounds(where));
    bounds.start = start_;
    return bounds;
  }
  Result<void> read(const runtime::TopicPartition& where, std::int64_t from, std::size_t max_bytes,
                    runtime::RecordBatch& batch) const override {
    const bool samples = max_bytes > 1 && max_bytes < kScanBytes;
    if (samples) start_ = start_of_samples;
    if (samples && fails) return fail(ErrorCode::io, "no broker");
    if (from < start_) return fail(ErrorCode::invalid_argument, "expired");
    WEIR_TRY(log_.read(where, from, max_bytes, batch));
    records_read += std::ssize(batch.records);
    return {};
  }

  std::int64_t start_of_samples = 0;  // what was before expires when the look back begins to read
  bool fails = false;                 // in the look back
  mutable std::int64_t records_read = 0;

 private:
  const runtime::Reader& log_;
  mutable std::int64_t start_ = 0;
};

class BurndownTest : public testing::Test {
 protected:
  BurndownTest() { EXPECT_TRUE(log_.create_topic({.name = std::string(kBurnTopic)})); }

  struct Telling {
    TimeUs end_s = 0;
    std::optional<double> spent_ratio = {};
    std::optional<TimeUs> start_s = {};  // of a calendar window; none: it rolls
    std::uint32_t version = 1;
    bool closed = false;
    std::string series = {};
  };

  /// Of a window of 1,000 s.
  void tell(const Telling& telling) {
    constexpr TimeUs kLengthS = 1'000;
    v1::BurnResult result;
    result.set_version(1);
    result.set_objective("fast");
    if (!telling.series.empty()) result.add_series(telling.series);
    result.set_ledger_version(telling.version);
    result.set_end_time_us(telling.end_s * kSecondUs);
    result.set_closed(telling.closed);
    v1::Budget& budget = *result.mutable_budget();
    budget.set_start_us(telling.start_s.value_or(telling.end_s - kLengthS) * kSecondUs);
    budget.set_length_us(kLengthS * kSecondUs);
    if (telling.spent_ratio) budget.set_spent_ratio(*telling.spent_ratio);
    v1::BurnWindow& hour = *result.add_window();
    hour.set_length_us(kHourUs);
    hour.set_burn_rate(2);
    append(telling.end_s, result.SerializeAsString());
  }

  /// As long as the look back takes a record to be: so many it reads as it asks for.
  void append(TimeUs append_time_s, std::string value) {
    const runtime::NewRecord record{.key = std::string(512, 'k'),
                                    .value = std::move(value),
                                    .append_time_us = append_time_s * kSecondUs};
    ASSERT_TRUE(log_.append(kBurn, {&record, 1}));
  }

  /// 100 results, ten times as many as are read one by one.
  void tell_whole_window() {
    for (TimeUs end_s = 1'010; end_s <= 2'000; end_s += 10) tell({.end_s = end_s});
  }

  static constexpr BurndownLimits kSmall = {.points = 22, .newest = 10};

  /// "end left rate" of each point, by ledger; "-": none.
  std::string shown(BurndownLimits limits = kSmall) const {
    BurndownBoard board(limits);
    return updated(board);
  }
  std::string updated(BurndownBoard& board) const {
    if (const auto done = board.update(log_); !done) return done.error().message;
    const auto number = [](const std::optional<double>& value) {
      return value ? fmt::format("{:g}", *value) : "-";
    };
    std::string text;
    for (const Burndown& each : board.ledgers("fast")) {
      text += fmt::format("{}:", each.calendar ? "calendar" : "rolling");
      for (const BurndownPoint& point : each.points)
        text += fmt::format(" | {} {} {}", point.end_us / kSecondUs, number(point.left_ratio),
                            number(point.hour_rate));
    }
    return text;
  }

  /// "series: end end" of each ledger, or what was wrong.
  std::string ends(BurndownBoard& board) const {
    if (const auto done = board.update(watched_); !done) return done.error().message;
    std::string text;
    for (const Burndown& each : board.ledgers("")) {
      text += (each.last.series().empty() ? "" : each.last.series(0)) + ":";
      for (const BurndownPoint& point : each.points)
        text += fmt::format(" {}", point.end_us / kSecondUs);
      text += "\n";
    }
    return text;
  }
  std::string ends() const {
    BurndownBoard board(kSmall);
    return ends(board);
  }

  fakes::MemoryLog log_;
  WatchedLog watched_{log_};
};

TEST_F(BurndownTest, ARollingWindowBeginsWhereItStood) {
  tell({.end_s = 2'000, .spent_ratio = 1.5});
  tell({.end_s = 2'010, .spent_ratio = 41.0});
  tell({.end_s = 2'020});

  EXPECT_EQ(shown(), "rolling: | 2000 -0.5 2 | 2010 -40 2 | 2020 - 2");
}

TEST_F(BurndownTest, ACalendarWindowBeginsWithAllOfItsBudget) {
  tell({.end_s = 3'003, .spent_ratio = 0.25, .start_s = 3'000});
  tell({.end_s = 4'000, .spent_ratio = 0.5, .start_s = 3'000});

  EXPECT_EQ(shown(), "calendar: | 3000 1 - | 3003 0.75 2 | 4000 0.5 2");
}

TEST_F(BurndownTest, WhatWasToldOfTheCalendarWindowBeforeIsLeftOut) {
  tell({.end_s = 2'990, .spent_ratio = 7.0, .start_s = 2'000});
  tell({.end_s = 3'010, .spent_ratio = 0.25, .start_s = 3'000});

  EXPECT_EQ(shown(), "calendar: | 3000 1 - | 3010 0.75 2");
}

TEST_F(BurndownTest, NothingIsSaidOfTheTimeBeforeWhatIsKept) {
  tell({.end_s = 3'500, .spent_ratio = 0.25, .start_s = 3'000});
  tell({.end_s = 3'900, .spent_ratio = 0.5, .start_s = 3'000});

  EXPECT_EQ(shown({.points = 12}), "calendar: | 3000 1 - | 3166 - - | 3500 0.75 2 | 3900 0.5 2");
}

TEST_F(BurndownTest, HasFewPointsTheLastOfEachSlot) {
  for (TimeUs end_s = 3'001; end_s <= 3'100; ++end_s)
    tell({.end_s = end_s,
          .spent_ratio = static_cast<double>(end_s - 3'000) / 100,
          .start_s = 3'000});

  EXPECT_EQ(shown({.points = 6}),
            "calendar: | 3000 1 - | 3007 0.93 2 | 3039 0.61 2 | 3071 0.29 2 | 3100 0 2");
}

TEST_F(BurndownTest, AChangedObjectiveBeginsAnew) {
  tell({.end_s = 2'000, .spent_ratio = 0.5});
  tell({.end_s = 2'010, .spent_ratio = 0.25, .version = 2});
  EXPECT_EQ(shown(), "rolling: | 2010 0.75 2");

  tell({.end_s = 2'020, .version = 2, .closed = true});
  EXPECT_EQ(shown(), "");
}

TEST_F(BurndownTest, ManyLedgersShareThePointsOfAPartition) {
  for (TimeUs end_s = 3'001; end_s <= 3'100; ++end_s)
    for (const char* series : {"a", "b"}) tell({.end_s = end_s, .series = series});
  BurndownBoard board(
      BurndownLimits{.partition_points = 24});  // twelve each, of which a begin may take two

  EXPECT_EQ(ends(board),
            "a: 3007 3023 3039 3055 3071 3087 3100\n"
            "b: 3007 3023 3039 3055 3071 3087 3100\n");
}

TEST_F(BurndownTest, SeesTheWholeWindowWhereFarMoreWasToldThanIsReadOneByOne) {
  tell_whole_window();

  EXPECT_EQ(ends(),
            ": 1010 1100 1190 1280 1370 1460 1550 1640 1730 1820 "
            "1910 1920 1930 1940 1950 1960 1970 1980 1990 2000\n");
}

TEST_F(BurndownTest, LooksBackForEachLedgerOfAPartition) {
  for (TimeUs end_s = 1'010; end_s <= 2'000; end_s += 10)
    for (const char* series : {"a", "b"}) tell({.end_s = end_s, .series = series});
  BurndownBoard board(kSmall);

  EXPECT_EQ(ends(board),
            "a: 1010 1200 1390 1580 1770 1960 1970 1980 1990 2000\n"
            "b: 1010 1200 1390 1580 1770 1960 1970 1980 1990 2000\n");
  EXPECT_EQ(board.ledgers("slow").size(), 0U);
}

TEST_F(BurndownTest, GoesOnWithWhatIsNewAndLetsGoOfWhatLeavesTheWindow) {
  tell_whole_window();
  BurndownBoard board(kSmall);
  ASSERT_NE(ends(board), "");
  watched_.records_read = 0;
  tell({.end_s = 2'020});

  EXPECT_EQ(ends(board),
            ": 1100 1190 1280 1370 1460 1550 1640 1730 1820 "
            "1910 1920 1930 1940 1950 1960 1970 1980 1990 2000 2020\n");
  EXPECT_EQ(watched_.records_read, 1);
}

TEST_F(BurndownTest, BeginsAgainWhereMoreWasToldThanIsReadOneByOne) {
  BurndownBoard board(kSmall);
  tell({.end_s = 1'010, .series = "quiet"});
  EXPECT_EQ(ends(board), "quiet: 1010\n");
  for (TimeUs end_s = 1'020; end_s <= 1'210; end_s += 10) tell({.end_s = end_s});

  EXPECT_EQ(ends(board),
            ": 1030 1050 1070 1090 1110 "
            "1120 1130 1140 1150 1160 1170 1180 1190 1200 1210\n");
}

TEST_F(BurndownTest, WhatCannotBeReadHidesNothingElse) {
  append(1'005, "\xFF");
  tell_whole_window();
  BurndownBoard board(kSmall);
  const std::string all =
      ": 1100 1200 1300 1400 1500 1600 1700 1800 1900 "
      "1910 1920 1930 1940 1950 1960 1970 1980 1990 2000\n";
  EXPECT_EQ(ends(board), all);
  append(2'005, "\xFF");

  EXPECT_EQ(ends(board), all);
  EXPECT_EQ(board.unreadable().records, 2);
  EXPECT_EQ(board.unreadable().first, "weir.burn/0@0: not a weir.v1.BurnResult");
}

TEST_F(BurndownTest, LooksBackOnlyAsFarAsTheVersionGoes) {
  for (TimeUs end_s = 1'010; end_s <= 2'000; end_s += 10)
    tell({.end_s = end_s, .version = end_s <= 1'500 ? 1U : 2U});

  EXPECT_EQ(ends(),
            ": 1550 1640 1730 1820 "
            "1910 1920 1930 1940 1950 1960 1970 1980 1990 2000\n");
}

TEST_F(BurndownTest, LooksBackOnlyAsFarAsTheCalendarWindowGoes) {
  for (TimeUs end_s = 1'010; end_s <= 2'000; end_s += 10)
    tell({.end_s = end_s, .start_s = end_s <= 1'500 ? 500 : 1'500});

  EXPECT_EQ(ends(),
            ": 1500 1550 1640 1730 1820 "
            "1910 1920 1930 1940 1950 1960 1970 1980 1990 2000\n");
}

TEST_F(BurndownTest, WhatExpiresWhileItLooksBackIsPassedOver) {
  tell_whole_window();
  watched_.start_of_samples = 40;

  EXPECT_EQ(ends(),
            ": 1460 1550 1640 1730 1820 "
            "1910 1920 1930 1940 1950 1960 1970 1980 1990 2000\n");
}

TEST_F(BurndownTest, LooksBackAgainAfterAFailure) {
  tell_whole_window();
  BurndownBoard board(kSmall);
  watched_.fails = true;
  EXPECT_EQ(ends(board), "no broker");
  watched_.fails = false;

  EXPECT_EQ(ends(board),
            ": 1010 1100 1190 1280 1370 1460 1550 1640 1730 1820 "
            "1910 1920 1930 1940 1950 1960 1970 1980 1990 2000\n");
}

TEST_F(BurndownTest, ALogWithoutObjectivesHasNone) {
  BurndownBoard board;

  ASSERT_TRUE(board.update(fakes::MemoryLog()));
  EXPECT_EQ(board.ledgers("").size(), 0U);
}

}  // namespace
}  // namespace weir::results
