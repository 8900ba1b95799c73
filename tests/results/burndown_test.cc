#include "sinks/results/burndown.h"

#include <optional>
#include <string>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "sinks/results/burn_results.h"
#include "tests/fakes/memory_log.h"

namespace weir::results {
namespace {

const runtime::TopicPartition kBurn{std::string(kBurnTopic), 0};

class BurndownTest : public testing::Test {
 protected:
  BurndownTest() { EXPECT_TRUE(log_.create_topic({.name = std::string(kBurnTopic)})); }

  struct Telling {
    TimeUs end_s = 0;
    std::optional<double> spent_ratio = {};
    std::optional<TimeUs> start_s = {};  // of a calendar window; none: it rolls
    std::uint32_t version = 1;
    bool closed = false;
  };

  /// Of a window of 1,000 s.
  void tell(const Telling& telling) {
    constexpr TimeUs kLengthS = 1'000;
    v1::BurnResult result;
    result.set_version(1);
    result.set_objective("fast");
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
    const runtime::NewRecord record{.key = "fast", .value = result.SerializeAsString()};
    ASSERT_TRUE(log_.append(kBurn, {&record, 1}));
  }

  /// "end left rate" of each point, by ledger; "-": none.
  std::string shown(std::size_t points = 300) const {
    const auto burndowns = read_burndown(log_, {.objective = {}, .points = points, .newest = 0});
    if (!burndowns) return burndowns.error().message;
    const auto number = [](const std::optional<double>& value) {
      return value ? fmt::format("{:g}", *value) : "-";
    };
    std::string text;
    for (const Burndown& each : *burndowns) {
      text += fmt::format("{}:", each.calendar ? "calendar" : "rolling");
      for (const BurndownPoint& point : each.points)
        text += fmt::format(" | {} {} {}", point.end_us / kSecondUs, number(point.left_ratio),
                            number(point.hour_rate));
    }
    return text;
  }

  fakes::MemoryLog log_;
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

  EXPECT_EQ(shown(12), "calendar: | 3000 1 - | 3090 - - | 3500 0.75 2 | 3900 0.5 2");
}

TEST_F(BurndownTest, HasNoMorePointsThanAskedFor) {
  for (TimeUs end_s = 3'001; end_s <= 3'100; ++end_s)
    tell({.end_s = end_s,
          .spent_ratio = static_cast<double>(end_s - 3'000) / 100,
          .start_s = 3'000});

  EXPECT_EQ(shown(6), "calendar: | 3000 1 - | 3025 0.75 2 | 3050 0.5 2 | 3075 0.25 2 | 3100 0 2");
}

TEST_F(BurndownTest, AChangedObjectiveBeginsAnew) {
  tell({.end_s = 2'000, .spent_ratio = 0.5});
  tell({.end_s = 2'010, .spent_ratio = 0.25, .version = 2});
  EXPECT_EQ(shown(), "rolling: | 2010 0.75 2");

  tell({.end_s = 2'020, .version = 2, .closed = true});
  EXPECT_EQ(shown(), "");
}

}  // namespace
}  // namespace weir::results
