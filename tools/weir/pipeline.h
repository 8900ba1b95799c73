// The graph of one log, wired and run: its topics made, a group of workers for every processor.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "processors/core/result.h"
#include "processors/graph.h"
#include "processors/runtime/runner.h"
#include "tools/weir/settings.h"
#include "tools/weir/task_table.h"

namespace weir::cli {

struct PipelineOptions {
  const Settings* settings = nullptr;
  runtime::Log* log = nullptr;           // outputs, positions, state
  const runtime::Reader* raw = nullptr;  // where raw topics are read; the same log when live
  std::int32_t raw_partitions = 1;
  bool history = false;
};

class Pipeline {
 public:
  /// Makes or verifies the topics. Everything referred to outlives the pipeline.
  static Result<std::unique_ptr<Pipeline>> make(const PipelineOptions& options, Probes& probes);

  /// As Runner::run.
  Result<bool> run(const std::function<bool()>& watch);

  const Graph& graph() const { return graph_; }

  /// All there are. From any thread.
  std::vector<RunningTask> tasks() const { return tasks_.all(); }

 private:
  Pipeline(const PipelineOptions& options, Graph graph);

  Result<void> make_topics();
  runtime::WorkerGroup group_of(const Graph::Node& node);

  const PipelineOptions options_;
  const Graph graph_;
  TaskTable tasks_{graph_};
};

}  // namespace weir::cli
