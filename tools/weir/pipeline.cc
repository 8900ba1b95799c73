#include "tools/weir/pipeline.h"

#include <algorithm>

#include "tools/weir/home.h"

namespace weir::cli {
namespace {

constexpr DurationUs kHistoryCommitUs = 5 * kSecondUs;

const Graph::Topic& topic_of(const Graph& graph, const std::string& name) {
  return *std::ranges::find(graph.topics, name, &Graph::Topic::name);
}

runtime::Retention retention_of(const Graph::Topic& topic, const RetentionSettings& settings) {
  if (topic.raw) return settings.raw;
  if (topic.name == topics::kPartial) return settings.partial;
  if (topic.name == topics::kDeadLetter) return settings.dead_letter;
  return settings.result;
}

}  // namespace

Result<std::unique_ptr<Pipeline>> Pipeline::make(const PipelineOptions& options, Probes& probes) {
  WEIR_ASSIGN(Graph graph,
              make_graph(options.settings->graph_options(options.raw_partitions, options.history),
                         options.raw_partitions, probes));
  std::unique_ptr<Pipeline> pipeline(new Pipeline(options, std::move(graph)));
  WEIR_TRY(pipeline->make_topics());
  return pipeline;
}

Pipeline::Pipeline(const PipelineOptions& options, Graph graph)
    : options_(options), graph_(std::move(graph)) {
  for (const Graph::Node& node : graph_.nodes)
    facts_.emplace(node.spec.name,
                   static_cast<std::size_t>(topic_of(graph_, node.spec.input).partitions));
}

std::span<const runtime::TaskFacts> Pipeline::facts(std::string_view processor) const {
  const auto found = facts_.find(processor);
  if (found == facts_.end()) return {};
  return found->second;
}

Result<void> Pipeline::make_topics() {
  for (const Graph::Topic& topic : graph_.topics) {
    // A history reads raw records where they are.
    if (topic.raw && options_.raw != options_.log) continue;
    runtime::Retention retention = retention_of(topic, options_.settings->retention);
    // Its records are as old as what they tell of; only size bounds them.
    if (options_.history) retention.max_age_us = 0;
    WEIR_TRY(options_.log->create_topic({.name = topic.name,
                                         .partitions = topic.partitions,
                                         .retention = retention,
                                         .raw = topic.raw}));
  }
  return {};
}

runtime::WorkerGroup Pipeline::group_of(const Graph::Node& node) {
  const Settings& settings = *options_.settings;
  const Graph::Topic& input = topic_of(graph_, node.spec.input);
  const MemoryPlan memory = settings.memory_plan();
  std::int32_t tasks = 0;
  for (const Graph::Node& each : graph_.nodes)
    tasks += topic_of(graph_, each.spec.input).partitions;
  const std::int32_t threads = std::min(settings.worker_threads(), input.partitions);
  const auto share = [](std::uint64_t bytes, std::size_t among) {
    return static_cast<std::size_t>(bytes) / among;
  };
  const auto all_tasks = static_cast<std::size_t>(tasks);
  const auto workers = static_cast<std::size_t>(threads) * graph_.nodes.size();
  runtime::WorkerGroup group;
  group.spec = &node.spec;
  group.input = input.raw ? options_.raw : options_.log;
  group.partitions = input.partitions;
  group.threads = threads;
  group.options.task.fetch_bytes =
      std::clamp<std::size_t>(share(memory.fetch, all_tasks), 64 << 10, 1 << 20);
  group.options.task.cache_bytes = share(memory.state_cache, all_tasks);
  group.options.task.history = options_.history;
  group.options.commit_interval_us = settings.commit_interval_us;
  // Nobody waits for a history's results: fewer, larger deltas.
  if (options_.history)
    group.options.commit_interval_us = std::max(settings.commit_interval_us, kHistoryCommitUs);
  group.options.commit_bytes = share(memory.uncommitted, workers);
  group.options.facts = facts_.at(node.spec.name);
  return group;
}

Result<bool> Pipeline::run(const std::function<bool()>& watch) {
  std::vector<runtime::WorkerGroup> groups;
  for (const Graph::Node& node : graph_.nodes) groups.push_back(group_of(node));
  runtime::Runner runner(*options_.log, std::move(groups), now_us);
  return runner.run(watch);
}

}  // namespace weir::cli
