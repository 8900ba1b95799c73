// `weir topics`: the topics of a pipeline on Kafka, compared with what they should be, and made so.
#include "processors/runtime/kafka_topics.h"
#include "tools/weir/command.h"
#include "tools/weir/kafka_home.h"
#include "tools/weir/kafka_pipeline.h"
#include "tools/weir/output.h"

namespace weir::cli {
namespace {

struct TopicsArguments {
  std::string config;
  bool apply = false;
};

Result<std::vector<runtime::KafkaTopicSpec>> wanted_topics(const runtime::KafkaCluster& cluster,
                                                           const Settings& settings) {
  WEIR_ASSIGN(const std::int32_t partitions, kafka_raw_partitions(cluster, settings));
  runtime::Metrics metrics;
  Probes probes(metrics);
  WEIR_ASSIGN(const Graph graph,
              make_graph(settings.graph_options(partitions, false), partitions, probes));
  return kafka_topic_specs(graph, settings);
}

Result<void> topics_command(const TopicsArguments& arguments) {
  WEIR_ASSIGN(const Settings settings, load_settings(arguments.config));
  WEIR_ASSIGN(const auto home, open_kafka(settings));
  WEIR_ASSIGN(const auto wanted, wanted_topics(*home->cluster, settings));
  const runtime::KafkaTopics topics(*home->cluster, settings.kafka.replication);
  WEIR_ASSIGN(const auto differences, topics.compare(wanted));
  Output output;
  for (const runtime::KafkaTopicDifference& each : differences)
    output.write(to_string(each) + "\n");
  if (differences.empty()) output.write(fmt::format("{} topics are as wanted\n", wanted.size()));
  if (arguments.apply && !differences.empty()) {
    WEIR_TRY(topics.apply(wanted));
    output.write("all of it is made as wanted now\n");
  }
  WEIR_TRY(output.finish());
  if (differences.empty() || arguments.apply) return {};
  return fail(ErrorCode::invalid_argument,
              "{} differences; `weir topics --apply` makes the topics as wanted",
              differences.size());
}

}  // namespace

void add_topics(Commands& commands) {
  const auto arguments = std::make_shared<TopicsArguments>();
  CLI::App& app =
      commands.add({.name = "topics",
                    .purpose = "Compare the topics on a Kafka cluster with what the pipeline needs",
                    .examples = "weir topics -c deploy/kafka.yaml\n"
                                "  weir topics --apply -c deploy/kafka.yaml"},
                   [arguments] { return topics_command(*arguments); });
  app.add_option("-c,--config", arguments->config, "configuration file (default: built in)");
  app.add_flag("--apply", arguments->apply, "make what is missing, and change what differs");
}

}  // namespace weir::cli
