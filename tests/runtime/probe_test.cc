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
