// However a task is cut into steps, commits and lives: the same results, byte for byte.
#include <gtest/gtest.h>

#include "tests/kpi/kpi_task.h"

namespace weir::kpi {
namespace {

/// Three services and a quiet one, late parts in both tiers, a quiet hour, a stalled partition.
std::vector<Say> story() {
  std::vector<Say> says;
  for (std::int64_t second = 0; second < 150; second += 5) {
    says.push_back({.watermark = second,
                    .requests = {{.service = "a", .second = second + 1, .latency_us = 1'000},
                                 {.service = "b", .second = second + 2, .count = 2},
                                 {.service = "c", .second = second + 12}},
                    .partition = 0});
    if (second < 40 || second > 100)
      says.push_back({.watermark = second, .requests = {{.second = second}}, .partition = 1});
    if (second % 35 == 0 && second > 0)
      says.push_back({.watermark = second,
                      .requests = {{.service = "b", .second = second - 25, .count = 3},
                                   {.service = "d", .second = second - 31, .tier = 1}},
                      .partition = 0});
  }
  for (const std::int32_t partition : {0, 1})
    says.push_back({.watermark = 3'600, .partition = partition});
  return says;
}

KpiTask::Options options(Config config = {}, bool restless = false) {
  config.stall_after_us = 20 * kSecondUs;
  return {.config = config, .raw_partitions = 2, .restless = restless};
}

std::vector<std::string> tell(KpiTask& task) {
  for (const Say& say : story()) {
    const auto taken = task.say(say);
    EXPECT_TRUE(taken) << taken.error().message;
  }
  return task.records();
}

std::vector<std::string> expected() {
  KpiTask task(options());
  return tell(task);
}

TEST(KpiResume, TheStoryHasSomethingOfEverything) {
  KpiTask task(options());
  tell(task);
  const std::string told = task.told();
  EXPECT_THAT(told, testing::HasSubstr("?"));
  EXPECT_THAT(told, testing::HasSubstr("->"));
  EXPECT_THAT(told, testing::HasSubstr("d 1m: 1m/1m="));
  EXPECT_THAT(told, testing::HasSubstr("30s/10s=0"));
  EXPECT_EQ(task.probe().retired_series.value(), 4U);
}

TEST(KpiResume, ATickMayBeToldInManySteps) {
  KpiTask task(options({.step_bytes = 1}));
  EXPECT_EQ(tell(task), expected());
}

TEST(KpiResume, OpenPanesMayLiveInTheStore) {
  KpiTask task(options({.open_pane_bytes = 1}));
  EXPECT_EQ(tell(task), expected());
}

TEST(KpiResume, ATaskMayStartAnewBetweenAnyTwoCalls) {
  KpiTask task(options({.step_bytes = 1}, true));
  EXPECT_EQ(tell(task), expected());
}

TEST(KpiResume, ATaskMayDieBetweenAnyTwoBatches) {
  const std::vector<Say> says = story();
  const std::vector<std::string> all = expected();
  for (std::size_t commit = 0; commit < says.size(); commit += 7) {
    KpiTask task(options());
    for (std::size_t i = 0; i < says.size(); ++i) {
      ASSERT_TRUE(task.say(says[i]));
      if (i == commit) task.commit();
      if (i == commit + 9) {
        ASSERT_TRUE(task.crash());
      }
    }
    EXPECT_EQ(task.records(), all) << "committed after batch " << commit;
  }
}

}  // namespace
}  // namespace weir::kpi
