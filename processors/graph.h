// The topology, as data: topics, the processors between them, and how they are made. Declared once,
// validated at start, drawn by `weir graph`.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "processors/alert/config.h"
#include "processors/alert/probe.h"
#include "processors/core/result.h"
#include "processors/fold/config.h"
#include "processors/fold/probe.h"
#include "processors/kpi/config.h"
#include "processors/kpi/probe.h"
#include "processors/runtime/log.h"
#include "processors/runtime/processor.h"
#include "processors/slo/config.h"
#include "processors/slo/probe.h"

namespace weir {

namespace topics {
inline constexpr std::string_view kInference = "weir.inference";
inline constexpr std::string_view kPartial = "weir.partial";
inline constexpr std::string_view kKpi = "weir.kpi";
inline constexpr std::string_view kSli = "weir.sli";
inline constexpr std::string_view kBurn = "weir.burn";
inline constexpr std::string_view kSignal = "weir.signal";
inline constexpr std::string_view kAlert = "weir.alert";
inline constexpr std::string_view kDecision = "weir.decision";
inline constexpr std::string_view kDeadLetter = "weir.deadletter";
inline constexpr std::string_view kConfig = "weir.config";
}  // namespace topics

struct GraphOptions {
  fold::Config fold;
  kpi::Config kpi;
  slo::Config slo;
  alert::Config alert;
  /// Partitions of `weir.partial` and `weir.sli`, and so how many tasks kpi and slo have. Fixed
  /// once there is state.
  std::int32_t keyed_partitions = 2;
};

/// What the processors report to; outlives the graph.
struct Probes {
  explicit Probes(runtime::Metrics& metrics)
      : fold(metrics), kpi(metrics), slo(metrics), alert(metrics) {}

  fold::Probe fold;
  kpi::Probe kpi;
  slo::Probe slo;
  alert::Probe alert;
};

struct Graph {
  struct Topic {
    std::string name;
    std::string content;  // the message it carries, for people
    bool raw = false;     // producers append to it
    std::int32_t partitions = 1;
  };
  struct Node {
    runtime::ProcessorSpec spec;
    std::string purpose;  // one line, for people
    bool keyed = false;   // owns series of many raw partitions
  };

  std::vector<Topic> topics;
  std::vector<Node> nodes;

  /// null: no such node.
  const Node* find(std::string_view node) const;
  /// The nodes that read a topic.
  std::vector<std::string> readers_of(std::string_view topic) const;
};

/// Error: invalid_argument, where the options are not acceptable.
Result<Graph> make_graph(const GraphOptions& options, std::int32_t raw_partitions, Probes& probes);

/// Every input and output is a topic, every name is used once, no processor reads what it writes,
/// and every topic is written by somebody. Error: invalid_argument, naming what is wrong.
Result<void> validate(const Graph& graph);

/// For a terminal, and for Graphviz.
std::string to_text(const Graph& graph);
std::string to_dot(const Graph& graph);

}  // namespace weir
