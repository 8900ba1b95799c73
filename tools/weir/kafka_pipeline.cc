#include "tools/weir/kafka_pipeline.h"

#include <algorithm>
#include <array>

#include <spdlog/spdlog.h>

#include "processors/runtime/kafka_follower.h"
#include "processors/runtime/kafka_topics.h"
#include "processors/state/rocksdb_store.h"
#include "processors/windows/sources.h"
#include "sinks/results/proto_json.h"
#include "sinks/webhook/outcomes.h"
#include "tools/weir/graph_plan.h"
#include "tools/weir/home.h"
#include "weir/v1/kpi.pb.h"

namespace weir::cli {
namespace {

/// What may differ without making a result wrong.
bool is_harmless(const runtime::KafkaTopicDifference& difference) {
  static constexpr std::array<std::string_view, 6> kHarmless = {
      "retention.ms",        "retention.bytes",           "segment.bytes",
      "min.insync.replicas", "min.cleanable.dirty.ratio", "max.message.bytes"};
  return std::ranges::find(kHarmless, difference.what) != kHarmless.end();
}

Result<void> verify(const runtime::KafkaCluster& cluster, const Graph& graph,
                    const Settings& settings) {
  const runtime::KafkaTopics topics(cluster, settings.kafka.replication);
  WEIR_ASSIGN(const auto differences, topics.compare(kafka_topic_specs(graph, settings)));
  std::string wrong;
  for (const runtime::KafkaTopicDifference& each : differences) {
    if (is_harmless(each)) {
      spdlog::warn("event=topic_differs text=\"{}\"", to_string(each));
    } else {
      wrong += to_string(each) + "\n";
    }
  }
  if (wrong.empty()) return {};
  return fail(ErrorCode::invalid_argument,
              "{}run `weir topics --apply` with this configuration first", wrong);
}

void tell_loss(std::string_view processor, std::int32_t task, const windows::Loss& loss) {
  spdlog::error(
      "event=unread_deltas_gone task={}/{} topic={} partition={} from={} to={} offsets={} "
      "hint=\"windows that may lack them say complete: false; replay the raw records into a new "
      "directory, if a copy has them\"",
      processor, task, topics::kInference, loss.raw_partition, loss.from_offset, loss.to_offset,
      loss.offsets());
}

/// What one read of a task takes: less would be waited for at each step.
constexpr std::uint64_t kLeastFetchBytes = 256 << 10;

Result<std::string> result_as_json(std::string_view protobuf) {
  v1::KpiResult result;
  if (!result.ParseFromArray(protobuf.data(), static_cast<int>(protobuf.size())))
    return fail(ErrorCode::protocol, "{}: not a KpiResult", topics::kKpi);
  return results::to_json(result, results::Absent::left_out).dump();
}

}  // namespace

Result<std::int32_t> kafka_raw_partitions(const runtime::KafkaCluster& cluster,
                                          const Settings& settings) {
  if (settings.raw_partitions > 0) return static_cast<std::int32_t>(settings.raw_partitions);
  auto found = cluster.partitions(topics::kInference);
  if (!found && found.error().code == ErrorCode::not_found) return kDefaultRawPartitions;
  return found;
}

std::vector<runtime::KafkaTopicSpec> kafka_topic_specs(const Graph& graph,
                                                       const Settings& settings) {
  std::vector<runtime::KafkaTopicSpec> specs;
  for (const Graph::Topic& topic : graph.topics)
    specs.push_back(
        runtime::kafka_topic_spec(topic_spec(topic, settings, false), settings.kafka.replication));
  for (const Graph::Node& node : graph.nodes)
    specs.push_back(runtime::kafka_changelog_spec(
        node.spec.name, topic_of(graph, node.spec.input).partitions, settings.kafka.replication));
  return specs;
}

Result<std::unique_ptr<KafkaPipeline>> KafkaPipeline::make(const KafkaPipelineParts& parts) {
  const Settings& settings = parts.settings;
  const runtime::KafkaCluster& cluster = *parts.home.cluster;
  WEIR_ASSIGN(const std::int32_t partitions, kafka_raw_partitions(cluster, settings));
  GraphOptions options = settings.graph_options(partitions, false);
  if (parts.accept_loss) {
    options.kpi.on_loss = [](auto task, const auto& loss) { tell_loss("kpi", task, loss); };
    options.slo.on_loss = [](auto task, const auto& loss) { tell_loss("slo", task, loss); };
  }
  WEIR_ASSIGN(Graph graph, make_graph(options, partitions, parts.probes));
  WEIR_TRY(verify(cluster, graph, settings));
  std::unique_ptr<KafkaPipeline> pipeline(new KafkaPipeline(parts, std::move(graph)));
  WEIR_TRY(pipeline->open_stores());
  pipeline->make_runner(parts.metrics);
  return pipeline;
}

KafkaPipeline::KafkaPipeline(const KafkaPipelineParts& parts, Graph graph)
    : settings_(parts.settings),
      home_(parts.home),
      graph_(std::move(graph)),
      clients_(*parts.home.cluster,
               std::max(kLeastFetchBytes, fetch_bytes_of_task(graph_, parts.settings))) {
  shared_ = {.reader = home_.reader.get(),
             .appender = home_.appender.get(),
             .raw_topics = {},
             .as_json = {},
             .draw_id = random_id,
             .accept_loss = parts.accept_loss};
  if (settings_.kafka.json_results) shared_.as_json.emplace(topics::kKpi, result_as_json);
  for (const Graph::Topic& topic : graph_.topics)
    if (topic.raw) shared_.raw_topics.insert(topic.name);
}

Result<void> KafkaPipeline::open_stores() {
  const MemoryPlan memory = settings_.memory_plan();
  const state::RocksDbMemory store_memory(memory.block_cache, memory.write_buffer);
  WEIR_ASSIGN(stores_,
              runtime::DirectoryStores::open(
                  files_, settings_.data + "/tasks",
                  [store_memory](const std::string& path) -> Result<std::unique_ptr<state::Store>> {
                    return state::RocksDbStore::open(path, store_memory);
                  },
                  random_id));
  return {};
}

std::string KafkaPipeline::instance() const {
  return settings_.kafka.instance.empty() ? stores_->instance() : settings_.kafka.instance;
}

std::unique_ptr<runtime::Follower> KafkaPipeline::alert_follower(const std::string& name) {
  return std::make_unique<runtime::KafkaFollower>(runtime::KafkaFollowerSetup{
      .name = name,
      .input = {std::string(webhook::kAlertTopic), 0},
      .instance = runtime::kafka_instance(home_.cluster->options(), name, instance(), 0),
      .clients = &clients_,
      .reader = home_.reader.get()});
}

void KafkaPipeline::make_runner(runtime::Metrics& metrics) {
  const std::string instance = this->instance();
  const runtime::KafkaOptions& options = home_.cluster->options();
  const std::string cluster = fmt::format("{}/{}", home_.cluster_id, options.prefix);
  runtime::StandbySetup standby{
      .clients = &clients_, .stores = stores_.get(), .cluster = cluster, .tasks = {}};
  std::vector<runtime::KafkaWorkerSetup> workers;
  for (const Graph::Node& node : graph_.nodes) {
    const WorkerPlan plan = worker_plan(graph_, node, settings_, false);
    for (std::int32_t partition = 0; partition < plan.partitions; ++partition)
      standby.tasks.push_back({node.spec.name, partition});
    for (std::int32_t thread = 0; thread < plan.threads; ++thread) {
      workers.push_back(
          {.spec = &node.spec,
           .options = plan.options,
           .instance = runtime::kafka_instance(options, node.spec.name, instance, thread),
           .clients = &clients_,
           .stores = stores_.get(),
           .shared = &shared_,
           .cluster = cluster});
      workers.back().options.facts = tasks_.of(node);
    }
  }
  runner_ = std::make_unique<runtime::KafkaRunner>(
      workers, settings_.kafka.standby > 0 ? std::optional(std::move(standby)) : std::nullopt,
      now_us, metrics);
}

std::vector<RunningTask> KafkaPipeline::tasks() const {
  std::vector<RunningTask> tasks;
  for (const auto& [processor, instance, worker] : runner_->facts())
    if (worker.phase == runtime::KafkaWorkerFacts::Phase::running)
      for (const std::int32_t partition : worker.partitions)
        tasks.push_back(tasks_.task(processor, partition));
  return tasks;
}

std::string KafkaPipeline::why_not_running() const {
  for (const auto& [processor, instance, worker] : runner_->facts()) {
    for (const auto& [partition, why] : worker.stopped)
      return fmt::format("{}/{} has stopped: {}", processor, partition, why);
    if (!worker.trouble.empty())
      return fmt::format("{} starts again: {}", instance, worker.trouble);
    for (const auto& [partition, why] : worker.waiting)
      return fmt::format("{}/{} waits to start: {}", processor, partition, why);
    if (worker.phase == runtime::KafkaWorkerFacts::Phase::restoring)
      return fmt::format("{} restores its state: {} of {} records", instance, worker.restored,
                         worker.to_restore);
    if (worker.phase != runtime::KafkaWorkerFacts::Phase::running)
      return fmt::format("{} is {}", instance, to_string(worker.phase));
  }
  return "";
}

}  // namespace weir::cli
