// `weir graph`: the topology that a configuration gives.
#include "processors/graph.h"

#include "processors/runtime/probe.h"
#include "tools/weir/command.h"
#include "tools/weir/output.h"
#include "tools/weir/settings.h"

namespace weir::cli {
namespace {

struct GraphArguments {
  std::string config;
  bool dot = false;
  std::int32_t partitions = 1;
};

Result<void> print_graph(const GraphArguments& arguments) {
  WEIR_ASSIGN(const Settings settings, load_settings(arguments.config));
  runtime::Metrics metrics;
  Probes probes(metrics);
  WEIR_ASSIGN(const Graph graph, make_graph(settings.graph_options(arguments.partitions, false),
                                            arguments.partitions, probes));
  Output output;
  output.write(arguments.dot ? to_dot(graph) : to_text(graph));
  return output.finish();
}

}  // namespace

void add_graph(Commands& commands) {
  const auto arguments = std::make_shared<GraphArguments>();
  CLI::App& app = commands.add({.name = "graph",
                                .purpose = "Draw the topology: topics, and the processors between",
                                .examples = "weir graph --dot | dot -Tsvg > weir.svg"},
                               [arguments] { return print_graph(*arguments); });
  app.add_flag("--dot", arguments->dot, "as Graphviz dot instead of text");
  app.add_option("-c,--config", arguments->config, "configuration file (default: all defaults)");
  app.add_option("--partitions", arguments->partitions, "partitions of the raw topic")
      ->check(CLI::Range(1, 1024))
      ->capture_default_str();
}

}  // namespace weir::cli
