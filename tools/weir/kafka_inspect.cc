#include "tools/weir/kafka_inspect.h"

#include "processors/runtime/kafka_groups.h"
#include "tools/weir/graph_plan.h"
#include "tools/weir/kafka_pipeline.h"
#include "tools/weir/output.h"
#include "tools/weir/receivers.h"
#include "tools/weir/text_table.h"

namespace weir::cli {
namespace {

std::string text_of(const std::optional<std::int64_t>& offset) {
  return offset ? std::to_string(*offset) : "-";
}

Result<void> write_topics(const KafkaHome& home, const Graph& graph, const Settings& settings,
                          Output& output) {
  TextTable table(output);
  table.add_column("topic/partition", TextTable::Align::left);
  // What is written and not committed: an open transaction, or a marker that is still to come.
  for (const char* title : {"start", "end", "open"})
    table.add_column(title, TextTable::Align::right);
  for (const runtime::KafkaTopicSpec& spec : kafka_topic_specs(graph, settings)) {
    const auto partitions = home.cluster->partitions(spec.name);
    if (!partitions) {
      table.add_row({spec.name, "-", "-", partitions.error().message});
      continue;
    }
    for (std::int32_t partition = 0; partition < *partitions; ++partition) {
      const runtime::TopicPartition where{spec.name, partition};
      WEIR_ASSIGN(const runtime::Bounds committed, home.cluster->committed_bounds(where));
      WEIR_ASSIGN(const runtime::Bounds written, home.cluster->written_bounds(where));
      table.add_row({to_string(where), std::to_string(committed.start),
                     std::to_string(committed.end),
                     std::to_string(std::max<std::int64_t>(0, written.end - committed.end))});
    }
  }
  table.finish();
  return {};
}

/// Processors, and who follows weir.alert for each receiver.
Result<void> write_groups(const KafkaHome& home, const Graph& graph, const Settings& settings,
                          Output& output) {
  TextTable table(output);
  for (const char* title : {"group", "state", "reads"})
    table.add_column(title, TextTable::Align::left);
  for (const char* title : {"members", "position", "lag"})
    table.add_column(title, TextTable::Align::right);
  std::vector<std::pair<std::string, std::string>> readers;  // name, input
  for (const Graph::Node& node : graph.nodes) readers.emplace_back(node.spec.name, node.spec.input);
  for (const webhook::ReceiverConfig& each : settings.webhook.receivers)
    readers.emplace_back(follower_name(each), topics::kAlert);
  for (const auto& [name, input] : readers) {
    WEIR_ASSIGN(const auto group, runtime::look_at_group(*home.cluster, name, input));
    for (const runtime::GroupPosition& each : group.positions) {
      const runtime::TopicPartition where{input, each.partition};
      WEIR_ASSIGN(const runtime::Bounds bounds, home.cluster->committed_bounds(where));
      const std::int64_t from = each.offset.value_or(bounds.start);
      table.add_row({group.name, group.state, to_string(where), std::to_string(group.members),
                     text_of(each.offset),
                     std::to_string(std::max<std::int64_t>(0, bounds.end - from))});
    }
  }
  table.finish();
  return {};
}

}  // namespace

Result<void> inspect_kafka(const std::string& config) {
  WEIR_ASSIGN(const Settings settings, load_settings(config));
  WEIR_ASSIGN(const auto home, open_kafka(settings, [] { return false; }));
  WEIR_ASSIGN(const std::int32_t partitions, kafka_raw_partitions(*home->cluster, settings));
  runtime::Metrics metrics;
  Probes probes(metrics);
  WEIR_ASSIGN(const Graph graph,
              make_graph(settings.graph_options(partitions, false), partitions, probes));
  Output output;
  output.write(
      fmt::format("cluster {} at {}\n\n", home->cluster_id, settings.kafka.options.bootstrap));
  WEIR_TRY(write_topics(*home, graph, settings, output));
  output.write("\n");
  WEIR_TRY(write_groups(*home, graph, settings, output));
  return output.finish();
}

}  // namespace weir::cli
