#include "tools/weir/graph_plan.h"

#include <algorithm>

namespace weir::cli {
namespace {

constexpr DurationUs kHistoryCommitUs = 5 * kSecondUs;
/// Who starts reads two days of weir.alert, in which all that stands is told (alert.proto).
constexpr DurationUs kAlertsKeptUs = 3 * kDayUs;
/// An input that has a record more often than this needs no ticks.
constexpr DurationUs kQuietUs = 200 * kMillisecondUs;

runtime::Retention retention_of(const Graph::Topic& topic, const RetentionSettings& settings) {
  if (topic.raw) return settings.raw;
  if (topic.name == topics::kPartial || topic.name == topics::kSli) return settings.partial;
  if (topic.name == topics::kDeadLetter) return settings.dead_letter;
  return settings.result;
}

/// By age alone, and for long enough: it must not go because much happened.
void keep_what_stands(runtime::Retention& retention) {
  if (retention.max_age_us > 0)
    retention.max_age_us = std::max(retention.max_age_us, kAlertsKeptUs);
  retention.max_bytes = 0;
}

/// How much a task holds beside one of another processor: series of many raw partitions most; next
/// to nothing where there is no objective to be judged.
std::uint64_t weight_of(const Graph::Node& node, const Settings& settings) {
  const bool of_every_event =
      node.spec.input == topics::kInference || node.spec.input == topics::kPartial;
  if (!of_every_event && settings.fold.objectives->all().empty()) return 1;
  return node.keyed ? 8 : 4;
}

}  // namespace

const Graph::Topic& topic_of(const Graph& graph, const std::string& name) {
  return *std::ranges::find(graph.topics, name, &Graph::Topic::name);
}

runtime::TopicSpec topic_spec(const Graph::Topic& topic, const Settings& settings, bool history) {
  runtime::Retention retention = retention_of(topic, settings.retention);
  if (history) {
    retention.max_age_us = 0;
  } else if (topic.name == topics::kAlert) {
    keep_what_stands(retention);
  }
  return {
      .name = topic.name, .partitions = topic.partitions, .retention = retention, .raw = topic.raw};
}

std::uint64_t fetch_bytes_of_task(const Graph& graph, const Settings& settings) {
  std::uint64_t tasks = 0;
  for (const Graph::Node& each : graph.nodes)
    tasks += static_cast<std::uint64_t>(topic_of(graph, each.spec.input).partitions);
  return settings.memory_plan().fetch / tasks;
}

WorkerPlan worker_plan(const Graph& graph, const Graph::Node& node, const Settings& settings,
                       bool history) {
  const auto partitions_of = [&](const Graph::Node& each) {
    return topic_of(graph, each.spec.input).partitions;
  };
  const auto threads_of = [&](const Graph::Node& each) {
    return std::min(settings.worker_threads(), partitions_of(each));
  };
  const MemoryPlan memory = settings.memory_plan();
  std::uint64_t weight_of_tasks = 0;
  std::uint64_t weight_of_workers = 0;
  for (const Graph::Node& each : graph.nodes) {
    const std::uint64_t weight = weight_of(each, settings);
    weight_of_tasks += weight * static_cast<std::uint64_t>(partitions_of(each));
    weight_of_workers += weight * static_cast<std::uint64_t>(threads_of(each));
  }
  const std::uint64_t weight = weight_of(node, settings);
  WorkerPlan plan{.partitions = partitions_of(node), .threads = threads_of(node), .options = {}};
  // No more than stays in a core's cache until it is folded.
  plan.options.task.fetch_bytes =
      std::clamp<std::size_t>(fetch_bytes_of_task(graph, settings), 64 << 10, 256 << 10);
  plan.options.task.cache_bytes = memory.state_cache * weight / weight_of_tasks;
  plan.options.task.history = history;
  plan.options.commit_interval_us = settings.commit_interval_us;
  // Nobody waits for a history's results: fewer, larger deltas.
  if (history)
    plan.options.commit_interval_us = std::max(settings.commit_interval_us, kHistoryCommitUs);
  plan.options.tick_delay_us = settings.fold.definitions.out_of_orderness_us() + kQuietUs;
  plan.options.commit_bytes = memory.uncommitted * weight / weight_of_workers;
  return plan;
}

}  // namespace weir::cli
