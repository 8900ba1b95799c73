// Batches that were lost before kpi read them, where that is accepted.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "processors/kpi/kpi.h"
#include "tests/kpi/kpi_task.h"

namespace weir::kpi {
namespace {

TEST(KpiLoss, ALossThatIsAcceptedIsToldAndMarksEveryWindowThatMayLackIt) {
  std::string losses;
  Config config;
  config.on_loss = [&losses](std::int32_t task, const windows::Loss& loss) {
    losses += fmt::format("kpi/{} raw {}: [{}, {}) ", task, loss.raw_partition, loss.from_offset,
                          loss.to_offset);
  };
  const auto told = [&](bool restarts) {
    losses.clear();
    KpiTask task(rules({"10s/10s", "20s/10s"}), config);
    if (restarts) task.restart_always();
    EXPECT_EQ(task.say({.watermark = 12, .events = {{3}}}),
              "code @10 10s/10s n=1\n"
              "code @10 20s/10s n=1\n");
    EXPECT_EQ(losses, "");
    std::string text = task.say({.watermark = 42, .events = {{33}, {45}}, .lost = 100});
    EXPECT_EQ(losses, "kpi/0 raw 0: [10, 110) ");
    EXPECT_EQ(task.probe.lost_offsets.value(), 100U);
    text += task.say({.watermark = 75, .events = {{52}, {62}}});
    EXPECT_EQ(losses, "kpi/0 raw 0: [10, 110) ");
    return text;
  };
  const std::string expected =
      "code @20 10s/10s n=0 incomplete\n"
      "code @30 20s/10s n=0 incomplete\n"
      "code @40 10s/10s n=1 incomplete\n"
      "code @40 20s/10s n=1 incomplete\n"
      "code @50 10s/10s n=1 incomplete\n"
      "code @50 20s/10s n=2 incomplete\n"
      "code @60 10s/10s n=1\n"
      "code @60 20s/10s n=2 incomplete\n"
      "code @70 10s/10s n=1\n"
      "code @70 20s/10s n=2\n";
  EXPECT_EQ(told(false), expected);
  EXPECT_EQ(told(true), expected);
}

TEST(KpiLoss, PartsOfABatchThatAreLostStopTheTaskUnlessThatIsAccepted) {
  const auto told = [](const Config& config) {
    KpiTask task(rules({"10s/10s"}), config);
    task.say({.watermark = 5});
    EXPECT_EQ(task.say({.events = {{3}}}), "");
    task.commit();
    task.restart();
    std::string text = task.say({.watermark = 25, .events = {{14}}, .lost_parts = 1});
    return text += task.say({.watermark = 35, .events = {{26}}});
  };
  EXPECT_THAT(told({}), testing::StartsWith("partial batch at offset 2: raw partition 0: part 2 "
                                            "came of the batch of offsets 10 to 20, where part 1 "
                                            "was due; something was lost"));
  std::string losses;
  Config config;
  config.on_loss = [&losses](std::int32_t task, const windows::Loss& loss) {
    losses += fmt::format("kpi/{} raw {}: [{}, {}) ", task, loss.raw_partition, loss.from_offset,
                          loss.to_offset);
  };
  EXPECT_EQ(told(config),
            "code @10 10s/10s n=1 incomplete\n"
            "code @20 10s/10s n=1 incomplete\n"
            "code @30 10s/10s n=1\n");
  EXPECT_EQ(losses, "kpi/0 raw 0: [10, 20) ");
}

TEST(KpiLoss, WhereALossTookTheDefinitionsItsDeltasAreLostToo) {
  Config config;
  config.on_loss = [](std::int32_t, const windows::Loss&) {};
  KpiTask task(rules({"10s/10s"}), config);
  task.say({.watermark = 5});
  v1::PartialBatch batch = task.batch({.watermark = 9, .events = {{3}, {14}}});
  batch.clear_definitions();
  batch.set_definitions_hash(7);
  ASSERT_TRUE(task.take(batch.SerializeAsString()));
  EXPECT_EQ(task.probe.undefined_deltas.value(), 2U);
  EXPECT_EQ(task.say({.watermark = 35, .events = {{16}, {22}}}),
            "code @20 10s/10s n=1 incomplete\n"
            "code @30 10s/10s n=1\n");
}

}  // namespace
}  // namespace weir::kpi
