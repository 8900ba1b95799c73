#include "processors/core/time.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace weir {
namespace {

std::string time_or_error(std::string_view text) {
  const auto time = parse_rfc3339(text);
  return time ? fmt::format("{}", *time) : time.error().message;
}

std::string duration_or_error(std::string_view text) {
  const auto duration = parse_duration(text);
  return duration ? fmt::format("{}", *duration) : "refused";
}

TEST(Time, ReadsRfc3339WithAnyOffsetAndCutsBelowMicroseconds) {
  EXPECT_EQ(time_or_error("1970-01-01T00:00:00Z"), "0");
  EXPECT_EQ(time_or_error("2023-11-16T18:17:03.979960Z"), "1700158623979960");
  EXPECT_EQ(time_or_error("2023-11-16T19:17:03.97996+01:00"), "1700158623979960");
  EXPECT_EQ(time_or_error("2023-11-16T18:17:03.9799609999Z"), "1700158623979960");
  EXPECT_EQ(time_or_error("1969-12-31T23:59:59.999999Z"), "-1");
}

TEST(Time, RefusesWhatIsNotRfc3339AndShowsHowToWriteIt) {
  EXPECT_EQ(time_or_error("yesterday"),
            "'yesterday' is not a time; write it as RFC 3339, for example 2023-11-16T18:17:03Z");
  for (const std::string_view text :
       {"infinite-future", "infinite-past", "60000-01-01T00:00:00Z", "9999-12-31T23:59:59-01:00",
        "-0001-01-01T00:00:00Z", "", "2023-11-16", "2023-11-16T18:17:03", "2023-13-16T18:17:03Z",
        "1700158623"})
    EXPECT_FALSE(parse_rfc3339(text)) << text;
}

TEST(Time, WritesAFractionOnlyWhereThereIsOne) {
  EXPECT_EQ(format_rfc3339(0), "1970-01-01T00:00:00Z");
  EXPECT_EQ(format_rfc3339(1'700'158'623'979'960), "2023-11-16T18:17:03.979960Z");
  EXPECT_EQ(format_rfc3339(-1), "1969-12-31T23:59:59.999999Z");
  EXPECT_EQ(format_rfc3339(1'700'158'623'000'000), "2023-11-16T18:17:03Z");
}

RC_GTEST_PROP(Time, IsReadAsItWasWritten, ()) {
  // Years 1000 to 9999, which is what RFC 3339 can say.
  const TimeUs time = *rc::gen::inRange<TimeUs>(-30'610'224'000'000'000, 253'402'300'799'999'999);
  RC_ASSERT(parse_rfc3339(format_rfc3339(time)).value() == time);
}

TEST(Duration, IsAWholeNumberAndAUnit) {
  EXPECT_EQ(duration_or_error("250ms"), "250000");
  EXPECT_EQ(duration_or_error("7us"), "7");
  EXPECT_EQ(duration_or_error("10s"), "10000000");
  EXPECT_EQ(duration_or_error("1m"), "60000000");
  EXPECT_EQ(duration_or_error("6h"), "21600000000");
  EXPECT_EQ(duration_or_error("30d"), "2592000000000");
  EXPECT_EQ(duration_or_error("0s"), "0");
  for (const std::string_view text : {"", "s", "10", "10 s", "1.5s", "-1s", "1w", "10S", " 1s",
                                      "1s ", "999999999999999999d", "99999999999999999999s"})
    EXPECT_EQ(duration_or_error(text), "refused") << text;
}

TEST(Duration, IsWrittenInTheLargestUnitThatDividesIt) {
  EXPECT_EQ(format_duration(0), "0s");
  EXPECT_EQ(format_duration(kMinuteUs), "1m");
  EXPECT_EQ(format_duration(90 * kSecondUs), "90s");
  EXPECT_EQ(format_duration(24 * kHourUs), "1d");
  EXPECT_EQ(format_duration(25 * kHourUs), "25h");
  EXPECT_EQ(format_duration(1'500), "1500us");
}

TEST(Duration, IsDescribedInAsManyUnitsAsItHas) {
  std::string described;
  for (const DurationUs duration :
       {DurationUs{0}, DurationUs{-1}, kHourUs, 84 * kMinuteUs, 1'008 * kMinuteUs, 90 * kSecondUs,
        30 * kDayUs, 25 * kHourUs + 1'500})
    described += describe_duration(duration) + " ";
  EXPECT_EQ(described, "0s 0s 1h 1h24m 16h48m 1m30s 30d 1d1h1ms500us ");
}

RC_GTEST_PROP(Duration, IsReadAsItWasWritten, ()) {
  const DurationUs duration = *rc::gen::nonNegative<DurationUs>();
  RC_ASSERT(parse_duration(format_duration(duration)).value() == duration);
}

TEST(Alignment, RoundsTowardsThePastAlsoBeforeTheEpoch) {
  EXPECT_EQ(floor_div(19, 10), 1);
  EXPECT_EQ(floor_div(-1, 10), -1);
  EXPECT_EQ(floor_div(-10, 10), -1);
  EXPECT_EQ(floor_mod(-1, 10), 9);
  EXPECT_EQ(align_down(-1, 10), -10);
  EXPECT_EQ(align_up(-1, 10), 0);
  EXPECT_EQ(align_up(20, 10), 20);
  EXPECT_EQ(align_up(21, 10), 30);
}

}  // namespace
}  // namespace weir
