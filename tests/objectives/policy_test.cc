#include "processors/objectives/policy.h"

#include <filesystem>

#include <gtest/gtest.h>

#include "processors/config/document.h"
#include "processors/objectives/parts.h"

namespace weir::objectives {
namespace {

const std::filesystem::path kSloth = WEIR_SOURCE_DIR "/../shared/data/slo/sloth";

std::string render(DurationUs window, DurationUs slice = 0, const LowTraffic& low_traffic = {}) {
  std::string text;
  for (const v1::ConditionDefinition& condition : default_conditions(window, low_traffic, slice))
    text += fmt::format("{} {} {}/{} {}x\n", condition.name(), condition.severity(),
                        format_duration(condition.long_us()),
                        condition.short_us() == 0 ? "-" : format_duration(condition.short_us()),
                        format_ppb(condition.factor_ppb()));
  return text;
}

TEST(Policy, IsThatOfTheWorkbookForAMonth) {
  EXPECT_EQ(render(30 * kDayUs),
            "page-1h page 1h/5m 14.4x\n"
            "page-6h page 6h/30m 6x\n"
            "ticket-1d ticket 1d/2h 3x\n"
            "ticket-3d ticket 3d/6h 1x\n");
}

TEST(Policy, AShorterWindowShrinksInProportion) {
  EXPECT_EQ(render(kDayUs),
            "page-1h page 2m/1m 14.4x\n"
            "page-6h page 12m/1m 6x\n"
            "ticket-1d ticket 48m/4m 3x\n"
            "ticket-3d ticket 144m/12m 1x\n");
  EXPECT_EQ(render(kHourUs),
            "page-1h page 1m/- 1.2x\n"
            "page-6h page 1m/- 3x\n"
            "ticket-1d ticket 2m/1m 3x\n"
            "ticket-3d ticket 6m/1m 1x\n");
}

TEST(Policy, LongWindowsHoldAsManySlicesAsAnythingIsSaidOf) {
  EXPECT_EQ(render(kDayUs, kMinuteUs),
            "page-1h page 10m/1m 2.88x\n"
            "page-6h page 12m/1m 6x\n"
            "ticket-1d ticket 48m/4m 3x\n"
            "ticket-3d ticket 144m/12m 1x\n");
  EXPECT_EQ(render(kDayUs, kMinuteUs, {.min_events = 0}), render(kDayUs));
  EXPECT_EQ(render(30 * kDayUs, 5 * kMinuteUs), render(30 * kDayUs));
  EXPECT_EQ(render(30 * kDayUs, 10 * kMinuteUs),
            "page-1h page 100m/5m 8.64x\n"
            "page-6h page 6h/30m 6x\n"
            "ticket-1d ticket 1d/2h 3x\n"
            "ticket-3d ticket 3d/6h 1x\n");
  EXPECT_EQ(render(kHourUs, 10 * kMinuteUs),
            "page-1h page 1h/1m 0.02x\n"
            "page-6h page 1h/1m 0.05x\n"
            "ticket-1d ticket 1h/1m 0.1x\n"
            "ticket-3d ticket 1h/1m 0.1x\n")
      << "no longer than the objective's";
}

TEST(Policy, ALongerWindowSpendsTheSameShareFaster) {
  EXPECT_EQ(render(90 * kDayUs),
            "page-1h page 1h/5m 43.2x\n"
            "page-6h page 6h/30m 18x\n"
            "ticket-1d ticket 1d/2h 9x\n"
            "ticket-3d ticket 3d/6h 3x\n");
}

/// One row of Sloth's windows, as our policy renders a row.
std::string sloth_row(const config::Section& section, std::string_view name,
                      std::string_view severity, DurationUs period) {
  std::int64_t percent = 0;
  DurationUs long_us = 0;
  DurationUs short_us = 0;
  section.parsed("errorBudgetPercent", percent, parse_ppb);
  section.duration("longWindow", long_us);
  section.duration("shortWindow", short_us);
  return fmt::format("{} {} {}/{} {}x\n", name, severity, format_duration(long_us),
                     format_duration(short_us),
                     format_ppb(burn_factor_ppb(percent / 100, period, long_us)));
}

TEST(Policy, IsThatOfSloth) {
  const auto windows = kSloth / "internal/alert/windows";
  if (!std::filesystem::exists(windows)) GTEST_SKIP() << "../shared/data/slo is absent";
  for (const char* file : {"google-28d.yaml", "google-30d.yaml"}) {
    auto document = config::Document::load((windows / file).string()).value();
    const auto spec = document.root().section("spec").value();
    DurationUs period = 0;
    ASSERT_TRUE(spec.duration("sloPeriod", period));
    const auto page = spec.section("page").value();
    const auto ticket = spec.section("ticket").value();
    EXPECT_EQ(render(period),
              sloth_row(page.section("quick").value(), "page-1h", "page", period) +
                  sloth_row(page.section("slow").value(), "page-6h", "page", period) +
                  sloth_row(ticket.section("quick").value(), "ticket-1d", "ticket", period) +
                  sloth_row(ticket.section("slow").value(), "ticket-3d", "ticket", period));
  }
}

}  // namespace
}  // namespace weir::objectives
