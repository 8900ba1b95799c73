#include "processors/windows/occupancy.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <set>

namespace weir::windows {
namespace {

constexpr DurationUs kTen = 10 * kSecondUs;

WindowPlan plan() {
  return WindowPlan::make({{kMinuteUs, kTen}, {5 * kMinuteUs, kMinuteUs}},
                          {{kTen, 20 * kSecondUs}, {kMinuteUs, kMinuteUs}})
      .value();
}

/// "tier: panes that hold something".
std::string render(const Occupancy& occupancy, const WindowPlan& plan, std::int64_t until = 200) {
  std::string text;
  for (std::size_t tier = 0; tier < plan.tiers().size(); ++tier) {
    text += fmt::format("{}:", tier);
    for (std::int64_t pane = -until; pane < until; ++pane)
      if (occupancy.test(plan, tier, pane)) text += fmt::format(" {}", pane);
    text += "; ";
  }
  return text;
}

TEST(Occupancy, HoldsNothingBeforeTimeBegins) {
  const WindowPlan of = plan();
  const Occupancy occupancy(of);
  EXPECT_FALSE(occupancy.reaches(of, 0, 0));
  EXPECT_EQ(render(occupancy, of), "0:; 1:; ");
}

TEST(Occupancy, ForgetsWhatNewPanesOverwrite) {
  const WindowPlan of = plan();
  ASSERT_EQ(of.ring_panes(0), 11);
  Occupancy occupancy(of);
  occupancy.advance(of, kMinuteUs);
  occupancy.set(of, 0, 0);
  occupancy.set(of, 0, 5);
  occupancy.set(of, 1, 0);
  EXPECT_EQ(render(occupancy, of), "0: 0 5; 1: 0; ");
  EXPECT_FALSE(occupancy.reaches(of, 0, 6));   // still open
  EXPECT_TRUE(occupancy.reaches(of, 0, -5));   // the oldest slot of eleven
  EXPECT_FALSE(occupancy.reaches(of, 0, -6));  // overwritten

  occupancy.advance(of, 110 * kSecondUs);
  EXPECT_EQ(render(occupancy, of), "0: 0 5; 1: 0; ");
  occupancy.advance(of, 120 * kSecondUs);
  EXPECT_EQ(render(occupancy, of), "0: 5; 1: 0; ");
  occupancy.advance(of, kTen);  // time does not go back
  EXPECT_EQ(occupancy.closed_until(), 120 * kSecondUs);
  occupancy.advance(of, kDayUs);
  EXPECT_EQ(render(occupancy, of, 10'000), "0:; 1:; ");
}

TEST(Occupancy, IsReadAsItWasWrittenByItsOwnPlanOnly) {
  const WindowPlan of = plan();
  Occupancy occupancy(of);
  occupancy.advance(of, 7 * kMinuteUs);
  occupancy.set(of, 0, 40);
  occupancy.set(of, 1, 3);
  std::string bytes;
  occupancy.encode(bytes);
  EXPECT_EQ(bytes.size(), occupancy.encoded_size());
  Occupancy read(of);
  ASSERT_TRUE(read.decode(bytes));
  EXPECT_EQ(render(read, of), "0: 40; 1: 3; ");
  EXPECT_EQ(read.closed_until(), 7 * kMinuteUs);
  EXPECT_FALSE(read.decode(bytes + "x"));
  EXPECT_FALSE(read.decode(std::string_view(bytes).substr(1)));
}

RC_GTEST_PROP(Occupancy, IsASetOfPanesThatForgetsTheOldest, ()) {
  const WindowPlan of = plan();
  Occupancy occupancy(of);
  std::set<std::pair<std::size_t, std::int64_t>> expected;
  TimeUs closed = kTen * *rc::gen::inRange<std::int64_t>(-50, 50);
  for (int step = 0; step < 40; ++step) {
    closed += kTen * *rc::gen::inRange<std::int64_t>(0, *rc::gen::inRange(1, 40));
    occupancy.advance(of, closed);
    for (std::size_t tier = 0; tier < 2; ++tier) {
      const std::int64_t head = floor_div(closed, of.tiers()[tier].span_us) - 1;
      std::erase_if(expected, [&](const auto& entry) {
        return entry.first == tier && entry.second <= head - of.ring_panes(tier);
      });
      const std::int64_t pane = head - *rc::gen::inRange<std::int64_t>(0, of.ring_panes(tier));
      RC_ASSERT(occupancy.reaches(of, tier, pane));
      occupancy.set(of, tier, pane);
      expected.emplace(tier, pane);
    }
    for (std::size_t tier = 0; tier < 2; ++tier)
      for (std::int64_t pane = -300; pane < 1'000; ++pane)
        RC_ASSERT(occupancy.test(of, tier, pane) == expected.contains({tier, pane}));
  }
}

/// What next_change promises, asked of every end in turn.
TimeUs next_change_by_search(const Occupancy& occupancy, const WindowPlan& of, TimeUs now) {
  const auto closed = [&](std::size_t tier, TimeUs begin, TimeUs end) {
    for (TimeUs at = begin; at < end && at < now; at += of.tiers()[tier].span_us)
      if (occupancy.test(of, tier, floor_div(at, of.tiers()[tier].span_us))) return true;
    return false;
  };
  for (TimeUs end = align_down(now, kTen) + kTen; end <= now + kHourUs; end += kTen) {
    for (std::size_t tier = 1; tier < of.tiers().size(); ++tier) {
      const DurationUs span = of.tiers()[tier].span_us;
      if (floor_mod(end, span) == 0 && closed(tier - 1, end - span, end)) return end;
    }
    for (std::size_t w = 0; w < of.windows().size(); ++w) {
      const auto& [length, hop] = of.windows()[w];
      if (floor_mod(end, hop) == 0 && closed(of.base_tier(w), end - length - hop, end - length))
        return end;
    }
  }
  return kMaxTime;
}

RC_GTEST_PROP(Occupancy, KnowsWhenItNextMatters, ()) {
  const WindowPlan of = plan();
  Occupancy occupancy(of);
  const TimeUs closed = kTen * *rc::gen::inRange<std::int64_t>(-50, 50);
  occupancy.advance(of, closed);
  for (std::size_t tier = 0; tier < 2; ++tier) {
    const std::int64_t head = floor_div(closed, of.tiers()[tier].span_us) - 1;
    for (int panes = *rc::gen::inRange(0, 3); panes > 0; --panes)
      occupancy.set(of, tier, head - *rc::gen::inRange<std::int64_t>(0, of.ring_panes(tier)));
  }
  for (TimeUs now = closed; now < closed + 10 * kMinuteUs; now += kTen)
    RC_ASSERT(occupancy.next_change(of, now) == next_change_by_search(occupancy, of, now));
}

}  // namespace
}  // namespace weir::windows
