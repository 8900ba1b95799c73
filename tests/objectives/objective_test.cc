#include "processors/objectives/objective.h"

#include <functional>

#include <gtest/gtest.h>

#include "processors/objectives/parts.h"

namespace weir::objectives {
namespace {

v1::ObjectiveDefinition good() {
  v1::ObjectiveDefinition definition;
  definition.set_name("chat");
  definition.set_good("status == ok");
  definition.set_target_ppb(999'000'000);
  definition.set_method(v1::BUDGETING_METHOD_OCCURRENCES);
  definition.set_window_us(30 * kDayUs);
  return definition;
}

std::string wrong(const std::function<void(v1::ObjectiveDefinition&)>& change) {
  v1::ObjectiveDefinition definition = good();
  change(definition);
  const auto made = make_objective(definition);
  return made ? "good" : made.error().message;
}

TEST(Objective, IsChecked) {
  EXPECT_EQ(wrong([](auto&) {}), "good");
  EXPECT_EQ(wrong([](auto& o) { o.clear_name(); }), "an objective has no name");
  EXPECT_EQ(wrong([](auto& o) { o.set_target_ppb(kPpb); }),
            "objective chat: target: must be above 0 and below 1");
  EXPECT_EQ(wrong([](auto& o) { o.set_bad("true"); }),
            "objective chat: exactly one of good and bad must be given");
  EXPECT_EQ(wrong([](auto& o) { o.set_window_us(kMinuteUs); }),
            "objective chat: timeWindow: from 1h to 400d");
  EXPECT_EQ(wrong([](auto& o) { o.mutable_calendar(); }),
            "objective chat: timeWindow: exactly one, rolling or of a calendar");
  EXPECT_EQ(wrong([](auto& o) {
              o.set_method(v1::BUDGETING_METHOD_TIMESLICES);
              o.set_slice_us(kSecondUs);
            }),
            "objective chat: timeSliceWindow: must be a multiple of 10s, up to 1d");
  EXPECT_EQ(wrong([](auto& o) {
              o.add_per("model");
              o.add_per("model");
            }),
            "objective chat: per: model is named twice");
  EXPECT_EQ(wrong([](auto& o) {
              o.add_condition()->set_name("page");
              o.mutable_condition(0)->set_long_us(kHourUs);
              o.mutable_condition(0)->set_short_us(kHourUs);
            }),
            "objective chat: condition page: the short window must be shorter than the long one");
}

TEST(Objective, ItsIdIsOfWhatIsCountedAndNotOfWhenToAlert) {
  v1::ObjectiveDefinition other = good();
  other.add_condition()->set_name("page");
  other.mutable_condition(0)->set_long_us(kHourUs);
  other.mutable_condition(0)->set_factor_ppb(kPpb);
  const std::uint64_t id = make_objective(good())->id;
  EXPECT_EQ(make_objective(other)->id, id);
  other.set_target_ppb(990'000'000);
  EXPECT_NE(make_objective(other)->id, id);
}

TEST(Objectives, NamesAreUsedOnce) {
  v1::Objectives message;
  *message.add_objective() = good();
  *message.add_objective() = good();
  EXPECT_EQ(Objectives::make(message).error().message, "objective chat: named twice");
}

TEST(Parts, AreReadAndWrittenExactly) {
  EXPECT_EQ(parse_ppb("0.999").value(), 999'000'000);
  EXPECT_EQ(parse_ppb("14.4").value(), 14'400'000'000);
  EXPECT_EQ(parse_ppb("1").value(), kPpb);
  EXPECT_EQ(format_ppb(14'400'000'000), "14.4");
  EXPECT_EQ(format_ppb(kPpb), "1");
  EXPECT_EQ(format_ppb(1), "0.000000001");
  for (const char* text : {"", ".", "1.", ".5", "-1", "0.1234567891", "1e3", "0,9"})
    EXPECT_FALSE(parse_ppb(text)) << text;
}

TEST(Parts, CountsAreInEventsOrSlicesForPeople) {
  EXPECT_EQ(describe_count(2'750'000'000, v1::BUDGETING_METHOD_OCCURRENCES), "2750000000");
  EXPECT_EQ(describe_count(3, v1::BUDGETING_METHOD_TIMESLICES), "3");
  EXPECT_EQ(describe_count(2'750'000'000, v1::BUDGETING_METHOD_RATIO_TIMESLICES), "2.75");
  EXPECT_EQ(describe_count(-500'000'000, v1::BUDGETING_METHOD_RATIO_TIMESLICES), "-0.5");
}

std::string period(const char* unit, std::int64_t count, const char* zone, const char* at) {
  v1::CalendarWindow window;
  window.set_unit(unit);
  window.set_count(count);
  window.set_time_zone(zone);
  window.set_start_us(parse_civil("2024-01-31 12:00:00", zone).value());
  const Period found = Calendar::make(window)->period_of(parse_rfc3339(at).value());
  return format_rfc3339(found.start_us) + " " + format_rfc3339(found.end_us);
}

TEST(Calendar, PeriodsFollowTheCivilTimeOfTheirZone) {
  EXPECT_EQ(period("day", 1, "UTC", "2024-03-01T11:59:59Z"),
            "2024-02-29T12:00:00Z 2024-03-01T12:00:00Z");
  EXPECT_EQ(period("month", 1, "UTC", "2024-03-01T00:00:00Z"),
            "2024-02-29T12:00:00Z 2024-03-31T12:00:00Z")
      << "the last day stands in for the 31st";
  EXPECT_EQ(period("week", 2, "America/New_York", "2024-03-20T00:00:00Z"),
            "2024-03-13T16:00:00Z 2024-03-27T16:00:00Z")
      << "summer time begins on 2024-03-10";
  EXPECT_EQ(period("quarter", 1, "UTC", "2023-12-01T00:00:00Z"),
            "2023-10-31T12:00:00Z 2024-01-31T12:00:00Z")
      << "before the first";
  v1::CalendarWindow window;
  window.set_unit("month");
  window.set_count(1);
  window.set_time_zone("Mars/Olympus");
  EXPECT_EQ(Calendar::make(window).error().message,
            "'Mars/Olympus' is not a time zone of this machine; write one as Europe/Zurich or UTC");
}

}  // namespace
}  // namespace weir::objectives
