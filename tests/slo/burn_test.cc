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
  v1::Budget budget;
  fill_budget({static_cast<std::int64_t>(number(json, "good_events_count")),
               static_cast<std::int64_t>(number(json, "events_count"))},
              {.budget_ppb = 100'000'000,
               .length_us = static_cast<std::int64_t>(number(json, "window")) * kSecondUs},
              budget);
  EXPECT_EQ(budget.sli(), number(json, "sli_measurement"));
  EXPECT_NEAR(budget.burn_rate(), number(json, "error_budget_burn_rate"), 1e-9);
  EXPECT_NEAR(static_cast<double>(budget.budget_us()) / kMinuteUs,
              number(json, "error_budget_minutes"), 1e-9);
  EXPECT_EQ(static_cast<double>(budget.spent_us()) / kMinuteUs, number(json, "error_minutes"));
  EXPECT_EQ(static_cast<double>(budget.left_us()) / kMinuteUs,
            number(json, "error_budget_remaining_minutes"));
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
