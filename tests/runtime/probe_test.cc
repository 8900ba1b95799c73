#include "processors/runtime/probe.h"

#include <thread>

#include <gtest/gtest.h>

namespace weir::runtime {
namespace {

TEST(Metrics, AreExposedByNameAndLabels) {
  Metrics metrics;
  metrics.gauge("weir_b_open", "Open now.").set(-3);
  metrics.counter("weir_a_total", "Seen.", {{"reason", "old"}}).add(2);
  metrics.counter("weir_a_total", "Seen.", {{"reason", "bad"}}).add();
  EXPECT_EQ(metrics.expose(),
            "# HELP weir_a_total Seen.\n"
            "# TYPE weir_a_total counter\n"
            "weir_a_total{reason=\"bad\"} 1\n"
            "weir_a_total{reason=\"old\"} 2\n"
            "# HELP weir_b_open Open now.\n"
            "# TYPE weir_b_open gauge\n"
            "weir_b_open -3\n");
}

TEST(Metrics, AreTheSameForTheSameNameAndLabels) {
  Metrics metrics;
  Counter& first = metrics.counter("weir_a_total", "Seen.");
  metrics.counter("weir_a_total", "Seen.", {{"reason", "old"}});
  EXPECT_EQ(&metrics.counter("weir_a_total", "Seen."), &first);
}

TEST(Metrics, ExposeDurationsInSecondsByBound) {
  Metrics metrics;
  DurationHistogram& duration = metrics.duration("weir_a_duration_seconds", "Took.");
  for (const DurationUs took_us : {DurationUs{-5}, kMillisecondUs, kMillisecondUs + 1, kMinuteUs})
    duration.observe(took_us);
  EXPECT_EQ(metrics.expose(),
            "# HELP weir_a_duration_seconds Took.\n"
            "# TYPE weir_a_duration_seconds histogram\n"
            "weir_a_duration_seconds_count 4\n"
            "weir_a_duration_seconds_sum 60.002001\n"
            "weir_a_duration_seconds_bucket{le=\"0.001\"} 2\n"
            "weir_a_duration_seconds_bucket{le=\"0.0025\"} 3\n"
            "weir_a_duration_seconds_bucket{le=\"0.005\"} 3\n"
            "weir_a_duration_seconds_bucket{le=\"0.01\"} 3\n"
            "weir_a_duration_seconds_bucket{le=\"0.025\"} 3\n"
            "weir_a_duration_seconds_bucket{le=\"0.05\"} 3\n"
            "weir_a_duration_seconds_bucket{le=\"0.1\"} 3\n"
            "weir_a_duration_seconds_bucket{le=\"0.25\"} 3\n"
            "weir_a_duration_seconds_bucket{le=\"0.5\"} 3\n"
            "weir_a_duration_seconds_bucket{le=\"1\"} 3\n"
            "weir_a_duration_seconds_bucket{le=\"5\"} 3\n"
            "weir_a_duration_seconds_bucket{le=\"30\"} 3\n"
            "weir_a_duration_seconds_bucket{le=\"+Inf\"} 4\n");
}

TEST(Metrics, MayBeChangedFromAnyThread) {
  Metrics metrics;
  Counter& counter = metrics.counter("weir_a_total", "Seen.");
  {
    const auto count = [&counter] {
      for (int i = 0; i < 10'000; ++i) counter.add();
    };
    const std::jthread one(count);
    const std::jthread two(count);
  }
  EXPECT_EQ(counter.value(), 20'000U);
}

}  // namespace
}  // namespace weir::runtime
