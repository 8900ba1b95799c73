#include "tools/weir/pipeline.h"

#include "sinks/webhook/outcomes.h"
#include "tools/weir/graph_plan.h"
#include "tools/weir/home.h"
#include "tools/weir/receivers.h"

namespace weir::cli {
Result<std::unique_ptr<Pipeline>> Pipeline::make(const PipelineOptions& options, Probes& probes) {
  WEIR_ASSIGN(Graph graph,
              make_graph(options.settings->graph_options(options.raw_partitions, options.history),
                         options.raw_partitions, probes));
  std::unique_ptr<Pipeline> pipeline(new Pipeline(options, std::move(graph)));
  WEIR_TRY(pipeline->make_topics());
  return pipeline;
}

Pipeline::Pipeline(const PipelineOptions& options, Graph graph)
    : options_(options), graph_(std::move(graph)) {}

Result<void> Pipeline::make_topics() {
  for (const Graph::Topic& topic : graph_.topics) {
    // A history reads raw records where they are.
    if (topic.raw && options_.raw != options_.log) continue;
    runtime::TopicSpec spec = topic_spec(topic, *options_.settings, options_.history);
    std::vector<std::string>& readers = spec.readers.emplace(graph_.readers_of(topic.name));
    if (topic.name == webhook::kAlertTopic)
      for (const webhook::ReceiverConfig& each : options_.settings->webhook.receivers)
        readers.push_back(follower_name(each));
    WEIR_TRY(options_.log->create_topic(spec));
  }
  return {};
}

runtime::WorkerGroup Pipeline::group_of(const Graph::Node& node) {
  const WorkerPlan plan = worker_plan(graph_, node, *options_.settings, options_.history);
  runtime::WorkerGroup group{
      .spec = &node.spec,
      .input = topic_of(graph_, node.spec.input).raw ? options_.raw : options_.log,
      .partitions = plan.partitions,
      .threads = plan.threads,
      .options = plan.options};
  group.options.facts = tasks_.of(node);
  return group;
}

Result<bool> Pipeline::run(const std::function<bool()>& watch) {
  std::vector<runtime::WorkerGroup> groups;
  for (const Graph::Node& node : graph_.nodes) groups.push_back(group_of(node));
  runtime::Runner runner(*options_.log, std::move(groups), now_us);
  return runner.run(watch);
}

}  // namespace weir::cli
