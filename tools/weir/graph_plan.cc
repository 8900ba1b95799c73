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

WorkerPlan worker_plan(const Graph& graph, const Graph::Node& node, const Settings& settings,
                       bool history) {
  const Graph::Topic& input = topic_of(graph, node.spec.input);
  const MemoryPlan memory = settings.memory_plan();
  std::int32_t tasks = 0;
  for (const Graph::Node& each : graph.nodes) tasks += topic_of(graph, each.spec.input).partitions;
  const std::int32_t threads = std::min(settings.worker_threads(), input.partitions);
  const auto share = [](std::uint64_t bytes, std::size_t among) {
    return static_cast<std::size_t>(bytes) / among;
  };
  const auto all_tasks = static_cast<std::size_t>(tasks);
  const auto workers = static_cast<std::size_t>(threads) * graph.nodes.size();
  WorkerPlan plan{.partitions = input.partitions, .threads = threads, .options = {}};
  plan.fetch_bytes = share(memory.fetch, all_tasks);
  // No more than stays in a core's cache until it is folded.
  plan.options.task.fetch_bytes = std::clamp<std::size_t>(plan.fetch_bytes, 64 << 10, 256 << 10);
  plan.options.task.cache_bytes = share(memory.state_cache, all_tasks);
  plan.options.task.history = history;
  plan.options.commit_interval_us = settings.commit_interval_us;
  // Nobody waits for a history's results: fewer, larger deltas.
  if (history)
    plan.options.commit_interval_us = std::max(settings.commit_interval_us, kHistoryCommitUs);
  plan.options.tick_delay_us = settings.fold.definitions.out_of_orderness_us() + kQuietUs;
  plan.options.commit_bytes = share(memory.uncommitted, workers);
  return plan;
}

}  // namespace weir::cli
