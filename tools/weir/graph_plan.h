// What the settings mean for each part of the graph, whatever home the log has: its topics, and how
// many workers share what memory.
#pragma once

#include <cstdint>
#include <string>

#include "processors/graph.h"
#include "processors/runtime/worker.h"
#include "tools/weir/settings.h"

namespace weir::cli {

/// A topic of the graph by its name. REQUIRES: it is one.
const Graph::Topic& topic_of(const Graph& graph, const std::string& name);

/// weir.alert is kept by age alone, for three days at least, whatever the settings say of results;
/// only a disk whose budget holds less than that of everything lets it go earlier. `history`:
/// records are as old as what they tell of, so that only size bounds them.
runtime::TopicSpec topic_spec(const Graph::Topic& topic, const Settings& settings, bool history);

/// What each task of the graph may read ahead, so that all of them keep to their share of `memory`
/// in a process that runs them all.
std::uint64_t fetch_bytes_of_task(const Graph& graph, const Settings& settings);

/// How a processor runs: the same for each of its threads.
struct WorkerPlan {
  std::int32_t partitions = 1;  // of its input
  std::int32_t threads = 1;
  runtime::WorkerOptions options;
};
WorkerPlan worker_plan(const Graph& graph, const Graph::Node& node, const Settings& settings,
                       bool history);

}  // namespace weir::cli
