#include "processors/kpi/config.h"

#include <gtest/gtest.h>

namespace weir::kpi {
namespace {

std::string read(std::string text) {
  auto document = config::Document::parse("weir.yaml", std::move(text)).value();
  Config config;
  if (const auto section = document.root().section("kpi")) config = read_config(*section);
  if (const auto done = document.finish(); !done) return done.error().message;
  return fmt::format("{} series, stall after {}, {} bytes, history {}", config.max_series,
                     format_duration(config.stall_after_us), config.step_bytes, config.history);
}

TEST(KpiConfig, HasDefaults) {
  EXPECT_EQ(read(""), "100000 series, stall after 2m, 8388608 bytes, history false");
}

TEST(KpiConfig, TakesWhatAFileSays) {
  EXPECT_EQ(read("kpi:\n  max_series: 7\n  stall_after: 30s\n  step_output: 1KiB\n"),
            "7 series, stall after 30s, 1024 bytes, history false");
}

TEST(KpiConfig, RefusesWhatCannotWork) {
  EXPECT_EQ(
      read("kpi:\n  max_series: 0\n  stall_after: 10ms\n  step_output: 0B\n  history: true\n"),
      "weir.yaml:2: key 'kpi.max_series': must be at least 1\n"
      "weir.yaml:3: key 'kpi.stall_after': must be at least 1s\n"
      "weir.yaml:4: key 'kpi.step_output': must be above 0\n"
      "weir.yaml:5: unknown key 'history'; known here: max_series, stall_after, step_output");
}

}  // namespace
}  // namespace weir::kpi
