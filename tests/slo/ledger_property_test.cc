// Random streams with late events, against a recount of everything ever said.
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include "tests/slo/slo_task.h"

namespace weir::slo {
namespace {

struct Counted {
  std::int64_t at = 0;  // seconds
  std::int64_t good = 0;
  std::int64_t bad = 0;
};

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

void expect_recount(const v1::BurnResult& result, const std::vector<Counted>& all) {
  const Counts ever = recount(all, kMinTime, kMaxTime);
  RC_ASSERT(result.good() == ever.good);
  RC_ASSERT(result.total() == ever.total);
  for (const v1::BurnWindow& window : result.window()) {
    const Counts counts =
        recount(all, start_of(result.end_time_us(), window.length_us()), result.end_time_us());
    RC_ASSERT(window.good() == counts.good);
    RC_ASSERT(window.total() == counts.total);
  }
}

TEST(LedgerProperty, EverySumIsTheRecountOfItsEvents) {
  const bool held = rc::check([] {
    v1::ObjectiveDefinition definition = objective();
    definition.set_window_us(*rc::gen::element(kHourUs, kDayUs, 7 * kDayUs));
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
    // One more event, so that the last tick is told with all of them closed.
    watermark = (watermark / 10 + 2) * 10;
    said.push_back({watermark - 1, 1, 0});
    task.say({.watermark = watermark, .events = {{watermark - 1, 1, 0}}});
    if (task.last().ledger_version() == 1 && task.probe.closed_ledgers.value() == 0)
      expect_recount(task.last(), said);
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
