// The graph on a Kafka cluster: its topics as they should be, and the workers of this process.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "processors/graph.h"
#include "processors/runtime/follower.h"
#include "processors/runtime/kafka_clients.h"
#include "processors/runtime/kafka_runner.h"
#include "processors/runtime/kafka_stores.h"
#include "processors/runtime/posix_file_system.h"
#include "tools/weir/kafka_home.h"
#include "tools/weir/task_table.h"

namespace weir::cli {

/// How many partitions weir.inference has or, where it is not there yet, is to have.
Result<std::int32_t> kafka_raw_partitions(const runtime::KafkaCluster& cluster,
                                          const Settings& settings);

/// Every topic of the graph, then a changelog for each processor.
std::vector<runtime::KafkaTopicSpec> kafka_topic_specs(const Graph& graph,
                                                       const Settings& settings);

/// Everything referred to outlives the pipeline.
struct KafkaPipelineParts {
  const Settings& settings;
  KafkaHome& home;
  Probes& probes;
  runtime::Metrics& metrics;
  bool accept_loss = false;  // see runtime::SharedLog
};

class KafkaPipeline {
 public:
  /// Verifies the topics: what results depend on must be as it should, other differences are only
  /// told. Takes the directory of local state.
  static Result<std::unique_ptr<KafkaPipeline>> make(const KafkaPipelineParts& parts);

  /// As KafkaRunner::run.
  void run(const std::function<bool()>& watch) { runner_->run(watch); }

  /// Of weir.alert, for a receiver; the pipeline outlives it.
  std::unique_ptr<runtime::Follower> alert_follower(const std::string& name);

  const Graph& graph() const { return graph_; }
  /// Those that this process owns and that run: what others own they tell themselves. From any
  /// thread.
  std::vector<RunningTask> tasks() const;
  /// Which worker does not run, and why; empty: all do. From any thread.
  std::string why_not_running() const;

 private:
  KafkaPipeline(const KafkaPipelineParts& parts, Graph graph);

  Result<void> open_stores();
  void make_runner(runtime::Metrics& metrics);
  std::string instance() const;

  const Settings& settings_;
  KafkaHome& home_;
  const Graph graph_;
  runtime::PosixFileSystem files_;
  TaskTable tasks_{graph_};
  runtime::RdKafkaClients clients_;
  std::unique_ptr<runtime::DirectoryStores> stores_;
  runtime::SharedLog shared_;
  std::unique_ptr<runtime::KafkaRunner> runner_;
};

}  // namespace weir::cli
