#include "processors/windows/window.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>

#include <fmt/ranges.h>

namespace weir::windows {
namespace {

constexpr Window kMinuteByTen{kMinuteUs, 10 * kSecondUs};

WindowPlan plan_of(std::vector<Window> windows) {
  return WindowPlan::make(std::move(windows), default_tiers()).value();
}

std::string refusal(std::vector<Window> windows, std::vector<Tier> tiers = default_tiers()) {
  const auto plan = WindowPlan::make(std::move(windows), std::move(tiers));
  return plan ? "taken" : plan.error().message;
}

std::string render(const WindowPlan& plan, std::size_t window, TimeUs end) {
  std::vector<PaneRange> ranges;
  plan.panes_of(window, end, ranges);
  std::string text;
  for (const PaneRange& range : ranges)
    text += fmt::format("{}:[{},{}) ", format_duration(plan.tiers()[range.tier].span_us),
                        range.first, range.last);
  return text;
}

std::string rings(const WindowPlan& plan) {
  std::string text;
  for (std::size_t tier = 0; tier < plan.tiers().size(); ++tier)
    if (plan.keeps(tier))
      text +=
          fmt::format("{}:{} ", format_duration(plan.tiers()[tier].span_us), plan.ring_panes(tier));
  return text;
}

TEST(Window, IsReadAsItIsWritten) {
  EXPECT_EQ(parse_window("5m/10s"), (Window{5 * kMinuteUs, 10 * kSecondUs}));
  EXPECT_EQ(to_string(*parse_window("30d/1h")), "30d/1h");
  for (const std::string_view text : {"", "5m", "5m/", "/10s", "5m/10s/1s", "5 m/10s"})
    EXPECT_EQ(parse_window(text).error().message,
              fmt::format("'{}' is not a window; write length/hop, for example 5m/10s", text));
}

TEST(WindowPlan, NamesTheWindowThatItRefuses) {
  EXPECT_EQ(refusal({}), "windows: none given");
  EXPECT_EQ(refusal({{kMinuteUs, 7 * kSecondUs}}),
            "window 1m/7s: its hop must be one of 10s, 1m, 5m, 10m, 1h, 1d");
  EXPECT_EQ(refusal({{65 * kSecondUs, 10 * kSecondUs}}),
            "window 65s/10s: its length must be a multiple of its hop, and not 0");
  EXPECT_EQ(refusal({{0, 10 * kSecondUs}}),
            "window 0s/10s: its length must be a multiple of its hop, and not 0");
  EXPECT_EQ(refusal({{-kMinuteUs, 10 * kSecondUs}}),
            "window -1m/10s: its length must be a multiple of its hop, and not 0");
  EXPECT_EQ(refusal({kMinuteByTen, kMinuteByTen}), "window 1m/10s: named twice");
}

TEST(WindowPlan, NamesTheTierThatItRefuses) {
  const auto with = [](std::vector<Tier> tiers) { return refusal({kMinuteByTen}, tiers); };
  EXPECT_EQ(with({}), "tiers: none given");
  EXPECT_EQ(with(std::vector<Tier>(9, Tier{kSecondUs, 0})), "tiers: 9 given, at most 8 are kept");
  EXPECT_EQ(with({{0, 0}}), "tier 0s: must be above 0 and at most 366d");
  EXPECT_EQ(with({{10 * kSecondUs, -1}}), "tier 10s: lateness must be from 0s to 366d");
  EXPECT_EQ(with({{10 * kSecondUs, kMaxTime}}), "tier 10s: lateness must be from 0s to 366d");
  EXPECT_EQ(with({{10 * kSecondUs, 0}, {25 * kSecondUs, 0}}),
            "tier 25s: must be a multiple of the tier before, 10s");
  EXPECT_EQ(with({{10 * kSecondUs, kMinuteUs}, {kMinuteUs, kSecondUs}}),
            "tier 1m: lateness must not be below that of 10s");
}

// What the design offers is taken; what would make a step or the state grow without end is not.
TEST(WindowPlan, IsBounded) {
  EXPECT_EQ(refusal({{kMinuteUs, 10 * kSecondUs},
                     {5 * kMinuteUs, 10 * kSecondUs},
                     {kHourUs, kMinuteUs},
                     {6 * kHourUs, 5 * kMinuteUs},
                     {kDayUs, 10 * kMinuteUs},
                     {30 * kDayUs, kHourUs}}),
            "taken");
  EXPECT_EQ(refusal({{90 * kDayUs, kDayUs}}), "taken");
  EXPECT_EQ(refusal({{kDayUs, 10 * kSecondUs}}),
            "window 1d/10s: with it a series keeps 10625 panes, where 2000 are allowed; make it "
            "shorter, its hop longer, or the lateness less");
  EXPECT_EQ(refusal({{365 * kDayUs, kHourUs}}),
            "window 365d/1h: would be merged from up to 411 panes at every hop, where 128 are "
            "allowed; make it shorter, or its hop longer");
  EXPECT_EQ(refusal({{367 * kDayUs, kDayUs}}), "window 367d/1d: its length must be at most 366d");
  EXPECT_EQ(refusal({{align_down(kMaxTime, kDayUs), kDayUs}}),
            "window 106751991d/1d: its length must be at most 366d");
  EXPECT_EQ(refusal(std::vector<Window>(17, kMinuteByTen)),
            "windows: 17 given, at most 16 are kept");
}

TEST(WindowPlan, AWindowIsTheCoarsestAlignedPanes) {
  const WindowPlan plan = plan_of({{5 * kMinuteUs, 10 * kSecondUs}, {kDayUs, 10 * kMinuteUs}});
  EXPECT_EQ(render(plan, 0, 300 * kSecondUs), "5m:[0,1) ");
  EXPECT_EQ(render(plan, 0, 320 * kSecondUs), "10s:[2,6) 1m:[1,5) 10s:[30,32) ");
  EXPECT_EQ(render(plan, 1, kDayUs), "1h:[0,24) ");
  EXPECT_EQ(render(plan, 1, kDayUs + 20 * kMinuteUs), "10m:[2,6) 1h:[1,24) 10m:[144,146) ");
  EXPECT_EQ(render(plan, 0, -310 * kSecondUs), "10s:[-61,-60) 1m:[-10,-6) 10s:[-36,-31) ");
}

TEST(WindowPlan, RingsHoldWhatMayStillBeToldAgain) {
  EXPECT_EQ(rings(plan_of({kMinuteByTen})), "10s:69 ");
  EXPECT_EQ(rings(plan_of({{5 * kMinuteUs, 10 * kSecondUs}})), "10s:93 1m:18 ");
  EXPECT_EQ(rings(plan_of({{kHourUs, kMinuteUs}})), "10s:63 1m:123 5m:27 10m:15 ");
  EXPECT_EQ(rings(plan_of({{30 * kDayUs, kHourUs}})), "10s:63 1m:8 5m:5 10m:9 1h:747 1d:34 ");
  EXPECT_EQ(rings(plan_of({{10 * kSecondUs, 10 * kSecondUs}})), "10s:64 ");
}

TEST(WindowPlan, RemembersForLengthAndHopAndRetainsForTheLongestRing) {
  const WindowPlan plan = plan_of({kMinuteByTen, {kHourUs, kMinuteUs}});
  EXPECT_EQ(format_duration(plan.memory_us()), "61m");
  EXPECT_EQ(format_duration(plan.retention_us()), "150m");
}

TEST(WindowPlan, ALateEventEntersTheFinestBaseTierThatStillTakesIt) {
  const WindowPlan plan = plan_of({kMinuteByTen, {kHourUs, kMinuteUs}, {kDayUs, 10 * kMinuteUs}});
  const TimeUs now = 1'700'000'000 * kSecondUs;
  const auto tier = [&](DurationUs late) { return plan.tier_for(now - late, now); };
  EXPECT_EQ(tier(-kHourUs), 0);  // ahead of the watermark
  EXPECT_EQ(tier(10 * kMinuteUs), 0);
  EXPECT_EQ(tier(10 * kMinuteUs + 1), 1);
  EXPECT_EQ(tier(kHourUs), 1);
  EXPECT_EQ(tier(kHourUs + 1), 3);
  EXPECT_EQ(tier(6 * kHourUs), 3);
  EXPECT_EQ(tier(6 * kHourUs + 1), -1);
  EXPECT_EQ(plan.tier_for(1, kMinTime), 0);  // nothing was read yet
  EXPECT_EQ(plan.tier_for(kMinTime + 1, kMaxTime), -1);
}

/// Some windows over the default tiers, short enough to be looked at pane by pane.
WindowPlan any_plan() {
  const std::vector<Tier> tiers = default_tiers();
  std::vector<Window> windows;
  for (std::size_t left = *rc::gen::inRange(1U, 4U); left > 0; --left) {
    const DurationUs hop = tiers[*rc::gen::inRange<std::size_t>(0, 5)].span_us;
    const Window window{hop * *rc::gen::inRange<DurationUs>(1, 200), hop};
    if (std::ranges::count(windows, window) == 0) windows.push_back(window);
  }
  return plan_of(windows);
}

RC_GTEST_PROP(WindowPlan, PanesTileAWindowExactly, ()) {
  const WindowPlan plan = any_plan();
  for (std::size_t w = 0; w < plan.windows().size(); ++w) {
    const auto [length, hop] = plan.windows()[w];
    const TimeUs end = hop * *rc::gen::inRange<std::int64_t>(-10'000, 10'000);
    std::vector<PaneRange> ranges;
    plan.panes_of(w, end, ranges);
    TimeUs at = end - length;
    for (const PaneRange& range : ranges) {
      const DurationUs span = plan.tiers()[range.tier].span_us;
      RC_ASSERT(plan.keeps(range.tier));
      RC_ASSERT(range.first * span == at);
      RC_ASSERT(range.last > range.first);
      at = range.last * span;
    }
    RC_ASSERT(at == end);
    std::int64_t panes = 0;
    for (const PaneRange& range : ranges) panes += range.last - range.first;
    RC_ASSERT(panes <= 128);
  }
}

RC_GTEST_PROP(WindowPlan, EveryPaneOfAWindowThatMayBeToldAgainIsInItsRing, ()) {
  const WindowPlan plan = any_plan();
  const TimeUs closed = 10 * kSecondUs * *rc::gen::inRange<std::int64_t>(0, 1'000'000);
  for (std::size_t w = 0; w < plan.windows().size(); ++w) {
    const auto [length, hop] = plan.windows()[w];
    const DurationUs lateness = plan.tiers()[plan.base_tier(w)].lateness_us;
    // The last end that is late enough, and with it the pane that left just before.
    const TimeUs end = align_down(closed - lateness, hop) + hop;
    std::vector<PaneRange> ranges;
    plan.panes_of(w, end, ranges);
    ranges.push_back({plan.base_tier(w), (end - length) / hop - 1, 0});
    for (const PaneRange& range : ranges) {
      const DurationUs span = plan.tiers()[range.tier].span_us;
      RC_ASSERT(range.first > closed / span - 1 - plan.ring_panes(range.tier));
    }
  }
}

}  // namespace
}  // namespace weir::windows
