// How far each task of a graph is, told by the workers of this process; and which of them run here.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "processors/graph.h"
#include "processors/runtime/task_facts.h"

namespace weir::cli {

/// A task that this process runs.
struct RunningTask {
  const runtime::ProcessorSpec* spec = nullptr;
  std::int32_t partition = 0;
  const runtime::TaskFacts* facts = nullptr;
};

/// Its size does not change; what is in it is set by workers and read from any thread.
class TaskTable {
 public:
  /// `graph` outlives it.
  explicit TaskTable(const Graph& graph);

  /// By partition of the processor's input, for its workers to set.
  std::span<runtime::TaskFacts> of(const Graph::Node& node) { return facts_.at(node.spec.name); }

  RunningTask task(const std::string& processor, std::int32_t partition) const;
  std::vector<RunningTask> all() const;

 private:
  const Graph& graph_;
  std::map<std::string, std::vector<runtime::TaskFacts>> facts_;
};

}  // namespace weir::cli
