#include "tools/weir/task_table.h"

#include "tools/weir/graph_plan.h"

namespace weir::cli {

TaskTable::TaskTable(const Graph& graph) : graph_(graph) {
  for (const Graph::Node& node : graph.nodes)
    facts_.emplace(node.spec.name,
                   static_cast<std::size_t>(topic_of(graph, node.spec.input).partitions));
}

RunningTask TaskTable::task(const std::string& processor, std::int32_t partition) const {
  return {.spec = &graph_.find(processor)->spec,
          .partition = partition,
          .facts = &facts_.at(processor)[static_cast<std::size_t>(partition)]};
}

std::vector<RunningTask> TaskTable::all() const {
  std::vector<RunningTask> tasks;
  for (const Graph::Node& node : graph_.nodes)
    for (std::size_t i = 0; i < facts_.at(node.spec.name).size(); ++i)
      tasks.push_back(task(node.spec.name, static_cast<std::int32_t>(i)));
  return tasks;
}

}  // namespace weir::cli
