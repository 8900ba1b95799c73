// Random streams with late events, against a recount of everything ever said.
#include <map>

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include "processors/objectives/parts.h"
#include "tests/slo/slo_task.h"

namespace weir::slo {
namespace {

using objectives::kPpb;

/// Events, or what a slice counts for.
struct Counted {
  std::int64_t at = 0;  // seconds
  std::int64_t good = 0;
  std::int64_t bad = 0;
};

/// A slice with these events, at its last second.
Counted judged(const v1::ObjectiveDefinition& definition, const Counted& slice) {
  const std::int64_t total = slice.good + slice.bad;
  if (definition.method() == v1::BUDGETING_METHOD_RATIO_TIMESLICES) {
    const std::int64_t share_ppb = slice.good * kPpb / total;
    return {slice.at, share_ppb, kPpb - share_ppb};
  }
  const bool good = slice.good * kPpb >= definition.slice_target_ppb() * total;
  return {slice.at, good ? 1 : 0, good ? 0 : 1};
}

/// What counts in windows: events, or the slices that had some.
std::vector<Counted> units_of(const v1::ObjectiveDefinition& definition,
                              const std::vector<Counted>& events) {
  if (definition.method() == v1::BUDGETING_METHOD_OCCURRENCES) return events;
  const std::int64_t slice_s = definition.slice_us() / kSecondUs;
  std::map<std::int64_t, Counted> slices;
  for (const Counted& each : events) {
    Counted& slice = slices[each.at / slice_s];
    slice.at = (each.at / slice_s + 1) * slice_s - 1;
    slice.good += each.good;
    slice.bad += each.bad;
  }
  std::vector<Counted> units;
  for (const auto& [number, slice] : slices) units.push_back(judged(definition, slice));
  return units;
}

Counts recount(const std::vector<Counted>& all, TimeUs from, TimeUs to) {
  Counts sum;
  for (const Counted& each : all) {
    const TimeUs pane = align_down(kStart + each.at * kSecondUs, objectives::kPaneUs);
    if (pane >= from && pane < to) sum += {each.good, each.good + each.bad};
  }
  return sum;
}

/// Where a window of this length begins that ends at `end`, as plan.h says.
TimeUs start_of(TimeUs end, DurationUs length) {
  const DurationUs span = length <= kHourUs       ? objectives::kPaneUs
                          : length <= 6 * kHourUs ? kMinuteUs
                          : length <= 3 * kDayUs  ? 10 * kMinuteUs
                                                  : kHourUs;
  return align_down(end - length, span);
}

void expect_recount(const v1::BurnResult& result, const v1::ObjectiveDefinition& definition,
                    const std::vector<Counted>& events) {
  const std::vector<Counted> all = units_of(definition, events);
  const TimeUs end = result.end_time_us();
  const auto expect = [&](const auto& told, TimeUs from) {
    const Counts counts = recount(all, from, end);
    RC_ASSERT(told.good() == counts.good);
    RC_ASSERT(told.total() == counts.total);
  };
  expect(result, kMinTime);
  for (const v1::BurnWindow& window : result.window())
    expect(window, start_of(end, window.length_us()));
  expect(result.budget(), definition.has_calendar() ? align_down(end - 1, kDayUs)
                                                    : start_of(end, definition.window_us()));
}

/// Of any method, over a rolling window or the day.
v1::ObjectiveDefinition any_objective() {
  v1::ObjectiveDefinition definition = objective();
  definition.set_window_us(*rc::gen::element(kHourUs, kDayUs, 7 * kDayUs, DurationUs{0}));
  if (definition.window_us() == 0) {
    definition.mutable_calendar()->set_unit("day");
    definition.mutable_calendar()->set_count(1);
    definition.mutable_calendar()->set_time_zone("UTC");
    definition.mutable_calendar()->set_start_us(kStart);
  }
  definition.set_method(*rc::gen::element(v1::BUDGETING_METHOD_OCCURRENCES,
                                          v1::BUDGETING_METHOD_TIMESLICES,
                                          v1::BUDGETING_METHOD_RATIO_TIMESLICES));
  if (definition.method() == v1::BUDGETING_METHOD_OCCURRENCES) return definition;
  definition.set_slice_us(*rc::gen::element(kMinuteUs, 10 * kMinuteUs));
  if (definition.method() == v1::BUDGETING_METHOD_TIMESLICES)
    definition.set_slice_target_ppb(*rc::gen::element(kPpb / 2, kPpb * 3 / 4));
  return definition;
}

TEST(LedgerProperty, EverySumIsTheRecountOfItsEvents) {
  const bool held = rc::check([] {
    const v1::ObjectiveDefinition definition = any_objective();
    SloTask task(objectives({definition}));
    if (*rc::gen::arbitrary<bool>()) task.restart_always();
    std::vector<Counted> said;
    std::int64_t watermark = 0;
    const auto steps = *rc::gen::inRange(1, 40);
    for (int i = 0; i < steps; ++i) {
      watermark += *rc::gen::weightedElement<std::int64_t>(
          {{8, 10}, {4, 70}, {2, 700}, {2, 4'000}, {1, 30'000}, {1, 90'000}});
      Said batch{.watermark = watermark};
      const auto events = *rc::gen::inRange(0, 4);
      for (int k = 0; k < events; ++k) {
        const std::int64_t late =
            *rc::gen::weightedElement<std::int64_t>({{8, 0}, {3, 100}, {2, 3'000}, {1, 50'000}});
        const std::int64_t at = std::max<std::int64_t>(
            0, watermark - 1 - *rc::gen::inRange<std::int64_t>(0, 10) - late);
        const Counted counted{at, *rc::gen::inRange(0, 5), *rc::gen::inRange(1, 3)};
        batch.events.push_back({counted.at, counted.good, counted.bad});
        said.push_back(counted);
      }
      task.say(batch);
    }
    // One more event, so that the last tick is told with all of them closed, slices too.
    watermark = (watermark / 600 + 2) * 600;
    said.push_back({watermark - 1, 1, 0});
    task.say({.watermark = watermark, .events = {{watermark - 1, 1, 0}}});
    if (task.last().ledger_version() == 1 && task.probe.closed_ledgers.value() == 0)
      expect_recount(task.last(), definition, said);
  });
  EXPECT_TRUE(held);
}

TEST(LedgerProperty, RestartsAndCommitsAreNotSeenInAnyByte) {
  const bool held = rc::check([] {
    v1::ObjectiveDefinition definition = objective();
    definition.add_per("tenant");
    definition.add_condition()->set_name("page");
    definition.mutable_condition(0)->set_long_us(10 * kMinuteUs);
    definition.mutable_condition(0)->set_short_us(kMinuteUs);
    definition.mutable_condition(0)->set_factor_ppb(5'000'000'000);
    definition.mutable_condition(0)->set_level_ppb(100'000);
    const v1::Objectives all = objectives({definition});
    const Config::Silence silence{.after_us = 2 * kMinuteUs};
    const objectives::LowTraffic low_traffic{.level_ppb = 0, .min_events = 1};
    SloTask straight(all, {.low_traffic = low_traffic, .silence = silence});
    SloTask killed(all, {.low_traffic = low_traffic, .silence = silence, .step_bytes = 1});
    killed.restart_always();
    std::int64_t watermark = 0;
    const auto steps = *rc::gen::inRange(1, 30);
    for (int i = 0; i < steps; ++i) {
      watermark += *rc::gen::element<std::int64_t>(0, 3, 10, 65, 900);
      Said batch{.watermark = watermark};
      const auto events = *rc::gen::inRange(0, 6);
      for (int k = 0; k < events; ++k)
        batch.events.push_back({std::max<std::int64_t>(0, watermark - *rc::gen::inRange(0, 300)),
                                *rc::gen::inRange(0, 9),
                                *rc::gen::inRange(0, 3) + 1,
                                {*rc::gen::element<std::string>("a", "b", "c")}});
      straight.say(batch);
      killed.say(batch);
    }
    RC_ASSERT(straight.bytes() == killed.bytes());
  });
  EXPECT_TRUE(held);
}

}  // namespace
}  // namespace weir::slo
