#include "processors/slo/config.h"

#include <gtest/gtest.h>

namespace weir::slo {
namespace {

Result<Config> read(const std::string& text) {
  auto document = config::Document::parse("weir.yaml", text).value();
  Config config;
  if (const auto section = document.root().section("slo")) config = read_config(*section);
  if (const auto finished = document.finish(); !finished) return std::unexpected(finished.error());
  return config;
}

TEST(SloConfig, IsRead) {
  const Config config =
      read(
          "slo:\n"
          "  objectives: [slo.yaml]\n"
          "  low_traffic: {level: 0.001, min_events: 5}\n"
          "  silence: {after: 30m, severity: page}\n"
          "  maintenance:\n"
          "    - {from: 2026-01-05T02:00:00Z, to: 2026-01-05T04:00:00Z, reason: move,\n"
          "       objectives: [chat]}\n"
          "  max_series: 10\n"
          "  stall_after: 1m\n"
          "  step_output: 1MiB\n")
          .value();
  EXPECT_EQ(config.objectives, std::vector<std::string>{"slo.yaml"});
  EXPECT_EQ(config.low_traffic.level_ppb, 1'000'000);
  EXPECT_EQ(config.low_traffic.min_events, 5);
  EXPECT_EQ(config.silence.after_us, 30 * kMinuteUs);
  EXPECT_EQ(config.silence.severity, "page");
  ASSERT_EQ(config.maintenance.size(), 1U);
  EXPECT_EQ(config.maintenance[0].to_us - config.maintenance[0].from_us, 2 * kHourUs);
  EXPECT_EQ(config.maintenance[0].reason, "move");
  EXPECT_EQ(config.max_series, 10);
  EXPECT_EQ(config.stall_after_us, kMinuteUs);
  EXPECT_EQ(config.step_bytes, 1U << 20);
}

TEST(SloConfig, SaysWhatIsWrong) {
  EXPECT_EQ(read("slo:\n"
                 "  low_traffic: {level: 0.5}\n"
                 "  max_series: 0\n"
                 "  silence: {severity: pgae}\n"
                 "  maintenance:\n"
                 "    - {from: 2026-01-05T04:00:00Z, to: 2026-01-05T02:00:00Z}\n")
                .error()
                .message,
            "weir.yaml:2: key 'slo.low_traffic.level': must be below 0.5; 0 does not ask\n"
            "weir.yaml:3: key 'slo.max_series': must be at least 1\n"
            "weir.yaml:4: key 'slo.silence.severity': must be page, ticket or info\n"
            "weir.yaml:6: key 'slo.maintenance[0].reason' is missing; write for example 'reason: "
            "database move'\n"
            "weir.yaml:6: key 'slo.maintenance[0].to': must be after `from`");
}

}  // namespace
}  // namespace weir::slo
