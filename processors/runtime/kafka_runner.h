// Runs a graph on Kafka: workers on threads, until told to stop. Nothing a broker does ends it: a
// worker that fails starts again.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <stop_token>
#include <vector>

#include "processors/runtime/kafka_standby.h"
#include "processors/runtime/kafka_worker.h"
#include "processors/runtime/probe.h"

namespace weir::runtime {

class KafkaRunner {
 public:
  /// One worker a thread. `clock` decides when to commit and when an input is idle; it is called
  /// from every thread.
  /// With `standby`, another thread follows the tasks that it names and no worker here owns.
  /// `metrics` outlive the runner: how far restores and copies are, by processor.
  KafkaRunner(const std::vector<KafkaWorkerSetup>& workers, std::optional<StandbySetup> standby,
              std::function<TimeUs()> clock, Metrics& metrics);

  /// Blocks. `watch` is called from this thread, a few times a second, and says whether to go on;
  /// where not, every worker finishes the step in hand and commits.
  void run(const std::function<bool()>& watch);

  struct Facts {
    std::string processor;
    std::string instance;
    KafkaWorkerFacts worker;
  };
  /// Thread-safe.
  std::vector<Facts> facts() const;

 private:
  struct Running {
    KafkaWorkerSetup setup;
    KafkaWorker worker;
  };

  /// What /metrics tells of a processor.
  struct Gauges {
    Gauge* to_restore = nullptr;
    Gauge* restored = nullptr;
    Gauge* copies = nullptr;
    Gauge* copies_lag = nullptr;
  };

  void follow(const std::stop_token& stop);
  void report() const;
  std::set<TaskId> owned() const;

  std::function<TimeUs()> clock_;
  std::optional<Standby> standby_;
  std::vector<std::unique_ptr<Running>> workers_;
  std::map<std::string, Gauges> gauges_;  // by processor
};

}  // namespace weir::runtime
