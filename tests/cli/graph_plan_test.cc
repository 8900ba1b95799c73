// How the memory of the settings is shared by what the graph has.
#include "tools/weir/graph_plan.h"

#include <gtest/gtest.h>

namespace weir::cli {
namespace {

TEST(GraphPlan, WhatIsReadAheadIsSharedByAllTasksThatThereAre) {
  Settings settings;
  settings.fold.definitions = fold::default_definitions();
  settings.keyed_partitions = 2;
  // What the cluster has decides, and not what the settings leave open.
  settings.raw_partitions = 0;
  runtime::Metrics metrics;
  Probes probes(metrics);
  const auto tasks = [&](std::int32_t raw_partitions) {
    const auto graph =
        make_graph(settings.graph_options(raw_partitions, false), raw_partitions, probes);
    EXPECT_TRUE(graph.has_value());
    return settings.memory_plan().fetch / fetch_bytes_of_task(*graph, settings);
  };

  EXPECT_EQ(tasks(4), 4U + 2 + 2 + 1);  // fold, kpi, slo, alert
  EXPECT_EQ(tasks(64), 64U + 2 + 2 + 1);
}

}  // namespace
}  // namespace weir::cli
