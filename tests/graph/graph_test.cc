#include "processors/graph.h"

#include <gtest/gtest.h>

namespace weir {
namespace {

class GraphTest : public testing::Test {
 protected:
  static GraphOptions options() {
    GraphOptions options;
    options.fold.definitions = fold::default_definitions();
    return options;
  }
  Graph graph() { return make_graph(options(), 4, probes_).value(); }
  static std::string error_of(const Graph& graph) {
    const auto result = validate(graph);
    return result ? "ok" : result.error().message;
  }

  runtime::Metrics metrics_;
  Probes probes_{metrics_};
};

TEST_F(GraphTest, IsDrawnAsText) {
  EXPECT_EQ(to_text(graph()),
            "weir.inference   -> fold     -> weir.partial, weir.deadletter, weir.config, weir.sli\n"
            "                    raw events into mergeable partials, per raw partition\n"
            "weir.partial     -> kpi      -> weir.kpi\n"
            "                    rolling windows of every series, told as the watermark passes\n"
            "weir.sli         -> slo      -> weir.burn, weir.signal\n"
            "                    error budgets and burn rates of every objective, and what they "
            "set off\n"
            "weir.signal      -> alert    -> weir.alert, weir.decision, weir.config\n"
            "                    what is an alert, whom to tell of it, and why\n"
            "\ntopics\n"
            "  weir.inference     4 partitions  InferenceBatch, InferenceEvent  (from producers)\n"
            "  weir.partial       2 partitions  PartialBatch\n"
            "  weir.kpi           2 partitions  KpiResult\n"
            "  weir.sli           2 partitions  SliBatch\n"
            "  weir.burn          2 partitions  BurnResult\n"
            "  weir.signal        1 partition   Signal\n"
            "  weir.alert         1 partition   AlertRecord\n"
            "  weir.decision      1 partition   Decision\n"
            "  weir.deadletter    1 partition   DeadLetter\n"
            "  weir.config        1 partition   ConfigRecord\n");
}

TEST_F(GraphTest, IsDrawnForGraphviz) {
  const std::string dot = to_dot(graph());
  EXPECT_TRUE(dot.starts_with("digraph weir {\n")) << dot;
  EXPECT_TRUE(dot.ends_with("}\n")) << dot;
  EXPECT_THAT(dot, testing::HasSubstr("  \"weir.inference\" -> \"fold\";\n"));
  EXPECT_THAT(dot, testing::HasSubstr("  \"kpi\" -> \"weir.kpi\";\n"));
}

TEST_F(GraphTest, MakesTheProcessorsItNames) {
  const Graph made = graph();
  for (const Graph::Node& node : made.nodes) EXPECT_NE(node.spec.make(), nullptr) << node.spec.name;
  EXPECT_TRUE(made.find("fold")->spec.ticks);
  EXPECT_TRUE(made.find("kpi")->keyed);
  EXPECT_EQ(made.find("nobody"), nullptr);
}

TEST_F(GraphTest, RefusesOptionsThatCannotWork) {
  EXPECT_EQ(make_graph(options(), 0, probes_).error().message, "partitions: must be at least 1");
  GraphOptions without = options();
  without.fold.definitions.mutable_scope(0)->add_dimension("colour");
  const auto made = make_graph(without, 1, probes_);
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().code, ErrorCode::invalid_argument);
  EXPECT_THAT(made.error().message, testing::HasSubstr("colour"));
}

TEST_F(GraphTest, IsRefusedWhereItsPartsDoNotFit) {
  Graph twice = graph();
  twice.topics.push_back(twice.topics.front());
  EXPECT_EQ(error_of(twice), "graph: topic weir.inference is declared twice");

  Graph same = graph();
  same.nodes[1].spec.name = "fold";
  EXPECT_EQ(error_of(same), "graph: processor fold is declared twice");

  Graph reads = graph();
  reads.nodes[1].spec.input = "weir.nothing";
  EXPECT_EQ(error_of(reads), "graph: kpi reads weir.nothing, which is not declared");

  Graph loop = graph();
  loop.nodes[1].spec.outputs = {"weir.partial"};
  EXPECT_EQ(error_of(loop), "graph: kpi cannot write weir.partial");

  Graph raw = graph();
  raw.nodes[1].spec.outputs = {"weir.inference"};
  EXPECT_EQ(error_of(raw), "graph: kpi cannot write weir.inference");

  Graph idle = graph();
  idle.nodes.pop_back();
  EXPECT_EQ(error_of(idle), "graph: nobody writes weir.alert");
}

}  // namespace
}  // namespace weir
