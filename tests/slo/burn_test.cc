#include "processors/slo/burn.h"

#include <fstream>
#include <optional>
#include <regex>
#include <sstream>

#include <gtest/gtest.h>

namespace weir::slo {
namespace {

constexpr std::string_view kReport = "/../shared/data/slo/slo_generator/slo_report_v1.json";

std::string read(const std::string& file) {
  std::ostringstream text;
  text << std::ifstream(file).rdbuf();
  return text.str();
}

double number(const std::string& json, const std::string& key) {
  std::smatch found;
  const bool there = std::regex_search(json, found, std::regex("\"" + key + "\": \"?(-?[0-9.]+)"));
  return there ? std::stod(found[1]) : throw std::runtime_error("no " + key);
}

TEST(Burn, IsAsSloGeneratorReports) {
  const std::string json = read(std::string(WEIR_SOURCE_DIR) + std::string(kReport));
  if (json.empty()) GTEST_SKIP() << "../shared/data/slo is absent";
  v1::ObjectiveDefinition definition;
  definition.set_method(v1::BUDGETING_METHOD_OCCURRENCES);
  definition.set_target_ppb(900'000'000);
  v1::Budget budget;
  fill_budget({static_cast<std::int64_t>(number(json, "good_events_count")),
               static_cast<std::int64_t>(number(json, "events_count"))},
              definition, static_cast<std::int64_t>(number(json, "window")) * kSecondUs, budget);
  EXPECT_EQ(budget.sli(), number(json, "sli_measurement"));
  EXPECT_NEAR(budget.burn_rate(), number(json, "error_budget_burn_rate"), 1e-9);
  EXPECT_NEAR(static_cast<double>(budget.budget_us()) / kMinuteUs,
              number(json, "error_budget_minutes"), 1e-9);
  EXPECT_EQ(static_cast<double>(budget.spent_us()) / kMinuteUs, number(json, "error_minutes"));
  EXPECT_EQ(static_cast<double>(budget.left_us()) / kMinuteUs,
            number(json, "error_budget_remaining_minutes"));
}

/// Of a week at 99.95 %, in slices of a minute where it counts these.
std::string week(v1::BudgetingMethod method, const Counts& counts) {
  v1::ObjectiveDefinition definition;
  definition.set_method(method);
  definition.set_target_ppb(999'500'000);
  definition.set_slice_us(kMinuteUs);
  v1::Budget budget;
  fill_budget(counts, definition, 7 * kDayUs, budget);
  const auto seconds = [](DurationUs length_us) { return static_cast<double>(length_us) / 1e6; };
  return fmt::format("{} s of {} s, {} s left: {:.4f}; sli {}, burns {:.4f}",
                     seconds(budget.spent_us()), seconds(budget.budget_us()),
                     seconds(budget.left_us()), budget.spent_ratio(), budget.sli(),
                     budget.burn_rate());
}

// The budget of 5 minutes and 2.4 seconds is that of OpenSLO's example for Timeslices.
TEST(Burn, ASliceSpendsOfTheWholeWindowAndNotOfWhatHasCome) {
  using enum v1::BudgetingMethod;
  EXPECT_EQ(week(BUDGETING_METHOD_TIMESLICES, {9, 10}),
            "60 s of 302.4 s, 242.4 s left: 0.1984; sli 0.9, burns 200.0000");
  EXPECT_EQ(week(BUDGETING_METHOD_TIMESLICES, {10'074, 10'080}),
            "360 s of 302.4 s, -57.6 s left: 1.1905; sli 0.9994047619047619, burns 1.1905");
  EXPECT_EQ(week(BUDGETING_METHOD_RATIO_TIMESLICES, {9'750'000'000, 10'000'000'000}),
            "15 s of 302.4 s, 287.4 s left: 0.0496; sli 0.975, burns 50.0000");
  // As if the whole week went on like the first ten events.
  EXPECT_EQ(week(BUDGETING_METHOD_OCCURRENCES, {9, 10}),
            "60480 s of 302.4 s, -60177.6 s left: 200.0000; sli 0.9, burns 200.0000");
  EXPECT_EQ(week(BUDGETING_METHOD_TIMESLICES, {0, 0}),
            "0 s of 302.4 s, 302.4 s left: 0.0000; sli 0, burns 0.0000");
}

TEST(Burn, SlicesWithoutEventsAreNoPartOfThePace) {
  v1::ObjectiveDefinition definition;
  definition.set_target_ppb(990'000'000);
  definition.set_slice_us(kMinuteUs);
  const auto of_an_hour = [&](v1::BudgetingMethod method, const Counts& counts) {
    definition.set_method(method);
    return budget_pace(counts, definition, kHourUs);
  };
  using enum v1::BudgetingMethod;
  // One bad minute in an hour, and nothing else in it: at 0.6 minutes an hour it would be 1.
  EXPECT_DOUBLE_EQ(of_an_hour(BUDGETING_METHOD_TIMESLICES, {0, 1}).value(), 1 / 0.6);
  EXPECT_DOUBLE_EQ(of_an_hour(BUDGETING_METHOD_RATIO_TIMESLICES, {0, 500'000'000}).value(),
                   0.5 / 0.6);
  EXPECT_EQ(of_an_hour(BUDGETING_METHOD_TIMESLICES, {0, 0}), 0);
  EXPECT_DOUBLE_EQ(of_an_hour(BUDGETING_METHOD_OCCURRENCES, {0, 1}).value(), 100);
  EXPECT_EQ(of_an_hour(BUDGETING_METHOD_OCCURRENCES, {0, 0}), std::nullopt);
}

TEST(Burn, ComparesExactly) {
  // 144 bad of 10,000 at 99.9 %: a burn rate of 14.4, to the last digit.
  const Counts counts{9'856, 10'000};
  EXPECT_FALSE(burns(counts, 1'000'000, 14'400'000'000, false));
  EXPECT_TRUE(burns(counts, 1'000'000, 14'400'000'000, true));
  EXPECT_TRUE(burns({9'855, 10'000}, 1'000'000, 14'400'000'000, false));
  EXPECT_FALSE(burns({}, 1'000'000, 14'400'000'000, true));
}

}  // namespace
}  // namespace weir::slo
