#include "tools/weir/kafka_inspect.h"

#include <map>

#include "processors/runtime/kafka_groups.h"
#include "sinks/results/record_scan.h"
#include "tools/weir/graph_plan.h"
#include "tools/weir/kafka_pipeline.h"
#include "tools/weir/output.h"
#include "tools/weir/receivers.h"
#include "tools/weir/text_table.h"

namespace weir::cli {
namespace {

using runtime::TopicPartition;

/// Where no more offsets than this are left, the records among them are counted: the last may be a
/// transaction's marker, behind which nobody commits a position.
constexpr std::int64_t kCountedOffsets = 64;

struct Ends {
  runtime::Bounds committed;
  std::int64_t written = 0;  // with what is not committed
};

Result<Ends> read_ends(const runtime::KafkaCluster& cluster, const TopicPartition& where) {
  // In this order: what comes in between must not seem open.
  WEIR_ASSIGN(const runtime::Bounds written, cluster.written_bounds(where));
  WEIR_ASSIGN(const runtime::Bounds committed, cluster.committed_bounds(where));
  return Ends{.committed = committed, .written = written.end};
}

/// What is left for who has come to `from`.
std::int64_t lag_of(const runtime::Reader& log, const TopicPartition& where, std::int64_t from,
                    const runtime::Bounds& bounds) {
  const std::int64_t offsets = std::max<std::int64_t>(0, bounds.end - from);
  if (offsets == 0 || offsets > kCountedOffsets || from < bounds.start) return offsets;
  std::int64_t records = 0;
  const auto counted =
      results::scan_partition(log, where, from, [&](const runtime::Record&) -> Result<bool> {
        ++records;
        return true;
      });
  return counted ? records : offsets;
}

/// Writes the tables. What the cluster does not tell is said in the row where it is missing.
class Inspection {
 public:
  Inspection(const KafkaHome& home, const Graph& graph, const Settings& settings, Output& output)
      : home_(home), graph_(graph), settings_(settings), output_(output) {}

  void write_topics();
  /// Processors, and who follows weir.alert for each receiver. After the topics.
  void write_groups();

  /// How many rows lack something.
  std::size_t lacking() const { return lacking_; }

 private:
  void find_leaderless(const std::string& topic);
  Result<Ends> ends_of(const TopicPartition& where);
  void add_group(const std::string& reader, const std::string& input, TextTable& table);

  const KafkaHome& home_;
  const Graph& graph_;
  const Settings& settings_;
  Output& output_;
  /// What did not answer is not asked again: that takes ten seconds each time.
  std::map<TopicPartition, Error> silent_;
  std::size_t lacking_ = 0;
};

void Inspection::find_leaderless(const std::string& topic) {
  const auto found = runtime::partitions_without_leader(*home_.cluster, topic);
  if (!found) return;  // what is read of the partitions will say so
  for (const std::int32_t partition : *found)
    silent_.try_emplace({topic, partition}, Error{ErrorCode::io, "no leader"});
}

Result<Ends> Inspection::ends_of(const TopicPartition& where) {
  if (const auto found = silent_.find(where); found != silent_.end())
    return std::unexpected(found->second);
  auto ends = read_ends(*home_.cluster, where);
  if (!ends) silent_.emplace(where, ends.error());
  return ends;
}

void Inspection::write_topics() {
  TextTable table(output_);
  table.add_column("topic/partition", TextTable::Align::left);
  // What is written and not committed: an open transaction, or a marker that is still to come.
  for (const char* title : {"start", "end", "open"})
    table.add_column(title, TextTable::Align::right);
  for (const runtime::KafkaTopicSpec& spec : kafka_topic_specs(graph_, settings_)) {
    const auto partitions = home_.cluster->partitions(spec.name);
    if (!partitions) {
      ++lacking_;
      table.add_row({spec.name, "-", "-", partitions.error().message});
      continue;
    }
    find_leaderless(spec.name);
    for (std::int32_t partition = 0; partition < *partitions; ++partition) {
      const TopicPartition where{spec.name, partition};
      if (const auto ends = ends_of(where); !ends) {
        ++lacking_;
        table.add_row({to_string(where), "-", "-", ends.error().message});
      } else {
        const auto& [committed, written] = *ends;
        table.add_row({to_string(where), std::to_string(committed.start),
                       std::to_string(committed.end),
                       std::to_string(std::max<std::int64_t>(0, written - committed.end))});
      }
    }
  }
  table.finish();
}

void Inspection::add_group(const std::string& reader, const std::string& input, TextTable& table) {
  const auto group = runtime::look_at_group(*home_.cluster, reader, input);
  if (!group) {
    ++lacking_;
    table.add_row({runtime::kafka_group(home_.cluster->options(), reader), "-", input, "-", "-",
                   group.error().message});
    return;
  }
  const bool is_known = group->trouble.empty();
  if (!is_known) {
    ++lacking_;
    table.add_row({group->name, "-", input, "-", "-", group->trouble});
  }
  for (const runtime::KafkaGroupFacts::Position& each : group->positions) {
    const TopicPartition where{input, each.partition};
    const auto ends = ends_of(where);
    std::string lag = each.trouble;
    if (lag.empty() && !ends) lag = ends.error().message;
    if (!lag.empty()) {
      ++lacking_;
    } else {
      lag = std::to_string(lag_of(*home_.reader, where, each.offset.value_or(ends->committed.start),
                                  ends->committed));
    }
    table.add_row({group->name, is_known ? group->state : "-", to_string(where),
                   is_known ? std::to_string(group->members) : "-",
                   each.offset ? std::to_string(*each.offset) : "-", std::move(lag)});
  }
}

void Inspection::write_groups() {
  TextTable table(output_);
  for (const char* title : {"group", "state", "reads"})
    table.add_column(title, TextTable::Align::left);
  for (const char* title : {"members", "position", "lag"})
    table.add_column(title, TextTable::Align::right);
  for (const Graph::Node& node : graph_.nodes) add_group(node.spec.name, node.spec.input, table);
  for (const webhook::ReceiverConfig& each : settings_.webhook.receivers)
    add_group(follower_name(each), std::string(topics::kAlert), table);
  table.finish();
}

}  // namespace

Result<void> inspect_kafka(const std::string& config) {
  WEIR_ASSIGN(const Settings settings, load_settings(config));
  WEIR_ASSIGN(const auto home, open_kafka(settings));
  WEIR_ASSIGN(const std::int32_t partitions, kafka_raw_partitions(*home->cluster, settings));
  runtime::Metrics metrics;
  Probes probes(metrics);
  WEIR_ASSIGN(const Graph graph,
              make_graph(settings.graph_options(partitions, false), partitions, probes));
  Output output;
  output.write(
      fmt::format("cluster {} at {}\n\n", home->cluster_id, settings.kafka.options.bootstrap));
  Inspection inspection(*home, graph, settings, output);
  inspection.write_topics();
  output.write("\n");
  inspection.write_groups();
  WEIR_TRY(output.finish());
  if (inspection.lacking() == 0) return {};
  return fail(ErrorCode::io, "the cluster does not tell everything; {} rows say why",
              inspection.lacking());
}

}  // namespace weir::cli
