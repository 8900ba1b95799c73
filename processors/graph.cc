#include "processors/graph.h"

#include <algorithm>
#include <set>

#include <fmt/ranges.h>

#include "processors/alert/alert.h"
#include "processors/fold/fold.h"
#include "processors/kpi/kpi.h"
#include "processors/slo/slo.h"

namespace weir {
namespace {

std::vector<std::string> names(std::initializer_list<std::string_view> topics) {
  return {topics.begin(), topics.end()};
}

Graph::Node fold_node(const fold::Config& config,
                      const std::shared_ptr<const aggregates::Definitions>& definitions,
                      fold::Probe& probe) {
  return {.spec = {.name = "fold",
                   .input = std::string(topics::kInference),
                   .outputs = names(
                       {topics::kPartial, topics::kDeadLetter, topics::kConfig, topics::kSli}),
                   .ticks = true,
                   .make =
                       [config, definitions, &probe] {
                         return std::make_unique<fold::FoldProcessor>(
                             config, definitions, std::string(topics::kInference), probe);
                       }},
          .purpose = "raw events into mergeable partials, per raw partition"};
}

Graph::Node kpi_node(const kpi::Config& config, kpi::Probe& probe) {
  return {.spec = {.name = "kpi",
                   .input = std::string(topics::kPartial),
                   .outputs = names({topics::kKpi}),
                   .make = [config,
                            &probe] { return std::make_unique<kpi::KpiProcessor>(config, probe); }},
          .purpose = "rolling windows of every series, told as the watermark passes",
          .keyed = true};
}

Graph::Node slo_node(const slo::Config& config, slo::Probe& probe) {
  return {.spec = {.name = "slo",
                   .input = std::string(topics::kSli),
                   .outputs = names({topics::kBurn, topics::kSignal}),
                   .make = [config,
                            &probe] { return std::make_unique<slo::SloProcessor>(config, probe); }},
          .purpose = "error budgets and burn rates of every objective, and what they set off",
          .keyed = true};
}

Graph::Node alert_node(const alert::Config& config, alert::Probe& probe) {
  return {
      .spec = {.name = "alert",
               .input = std::string(topics::kSignal),
               .outputs = names({topics::kAlert, topics::kDecision, topics::kConfig}),
               .make = [config,
                        &probe] { return std::make_unique<alert::AlertProcessor>(config, probe); }},
      .purpose = "what is an alert, whom to tell of it, and why",
      .keyed = true};
}

const Graph::Topic* find_topic(const Graph& graph, std::string_view name) {
  const auto found = std::ranges::find(graph.topics, name, &Graph::Topic::name);
  return found == graph.topics.end() ? nullptr : &*found;
}

}  // namespace

const Graph::Node* Graph::find(std::string_view node) const {
  const auto found =
      std::ranges::find_if(nodes, [node](const Node& each) { return each.spec.name == node; });
  return found == nodes.end() ? nullptr : &*found;
}

std::vector<std::string> Graph::readers_of(std::string_view topic) const {
  std::vector<std::string> readers;
  for (const Node& node : nodes)
    if (node.spec.input == topic) readers.push_back(node.spec.name);
  return readers;
}

Result<Graph> make_graph(const GraphOptions& options, std::int32_t raw_partitions, Probes& probes) {
  if (raw_partitions < 1 || options.keyed_partitions < 1)
    return fail(ErrorCode::invalid_argument, "partitions: must be at least 1");
  WEIR_ASSIGN(const auto definitions, aggregates::Definitions::make(options.fold.definitions));
  Graph graph;
  graph.topics = {
      {std::string(topics::kInference), "InferenceBatch, InferenceEvent", true, raw_partitions},
      {std::string(topics::kPartial), "PartialBatch", false, options.keyed_partitions},
      {std::string(topics::kKpi), "KpiResult", false, options.keyed_partitions},
      {std::string(topics::kSli), "SliBatch", false, options.keyed_partitions},
      {std::string(topics::kBurn), "BurnResult", false, options.keyed_partitions},
      {std::string(topics::kSignal), "Signal", false, 1},
      {std::string(topics::kAlert), "AlertRecord", false, 1},
      {std::string(topics::kDecision), "Decision", false, 1},
      {std::string(topics::kDeadLetter), "DeadLetter", false, 1},
      {std::string(topics::kConfig), "ConfigRecord", false, 1}};
  graph.nodes = {fold_node(options.fold, definitions, probes.fold),
                 kpi_node(options.kpi, probes.kpi), slo_node(options.slo, probes.slo),
                 alert_node(options.alert, probes.alert)};
  WEIR_TRY(validate(graph));
  return graph;
}

Result<void> validate(const Graph& graph) {
  std::set<std::string_view> seen;
  for (const Graph::Topic& topic : graph.topics)
    if (!seen.insert(topic.name).second)
      return fail(ErrorCode::invalid_argument, "graph: topic {} is declared twice", topic.name);
  std::set<std::string_view> written;
  seen.clear();
  for (const Graph::Node& node : graph.nodes) {
    if (!seen.insert(node.spec.name).second)
      return fail(ErrorCode::invalid_argument, "graph: processor {} is declared twice",
                  node.spec.name);
    if (find_topic(graph, node.spec.input) == nullptr)
      return fail(ErrorCode::invalid_argument, "graph: {} reads {}, which is not declared",
                  node.spec.name, node.spec.input);
    for (const std::string& output : node.spec.outputs) {
      const Graph::Topic* topic = find_topic(graph, output);
      if (topic == nullptr || topic->raw || output == node.spec.input)
        return fail(ErrorCode::invalid_argument, "graph: {} cannot write {}", node.spec.name,
                    output);
      written.insert(output);
    }
  }
  for (const Graph::Topic& topic : graph.topics)
    if (!topic.raw && !written.contains(topic.name))
      return fail(ErrorCode::invalid_argument, "graph: nobody writes {}", topic.name);
  return {};
}

std::string to_text(const Graph& graph) {
  std::string text;
  for (const Graph::Node& node : graph.nodes) {
    text += fmt::format("{:<16} -> {:<8} -> {}\n", node.spec.input, node.spec.name,
                        fmt::join(node.spec.outputs, ", "));
    text += fmt::format("{:<20}{}\n", "", node.purpose);
  }
  text += "\ntopics\n";
  for (const Graph::Topic& topic : graph.topics)
    text += fmt::format("  {:<16} {:>3} {}  {}{}\n", topic.name, topic.partitions,
                        topic.partitions == 1 ? "partition " : "partitions", topic.content,
                        topic.raw ? "  (from producers)" : "");
  return text;
}

std::string to_dot(const Graph& graph) {
  std::string dot = "digraph weir {\n  rankdir=LR;\n  node [fontname=\"sans-serif\"];\n";
  for (const Graph::Topic& topic : graph.topics)
    dot += fmt::format("  \"{}\" [shape=cds, label=\"{}\\n{}\"];\n", topic.name, topic.name,
                       topic.content);
  for (const Graph::Node& node : graph.nodes) {
    dot += fmt::format("  \"{}\" [shape=box, style=rounded, tooltip=\"{}\"];\n", node.spec.name,
                       node.purpose);
    dot += fmt::format("  \"{}\" -> \"{}\";\n", node.spec.input, node.spec.name);
    for (const std::string& output : node.spec.outputs)
      dot += fmt::format("  \"{}\" -> \"{}\";\n", node.spec.name, output);
  }
  return dot + "}\n";
}

}  // namespace weir
