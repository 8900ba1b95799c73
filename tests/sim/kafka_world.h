// Runs a scenario on the model of Kafka (tests/fakes/model_kafka.h): machines with the real
// workers of every processor, members of its group, stepped in an order that the seed decides, on a
// clock that only the seed moves.
//
// Machines are killed in the middle of a step, lose local copies or the last of what they wrote,
// stand still for longer than their session and go on, in the middle of a commit too, are replaced
// under their own name while they still live, come and go; calls fail, commits end without an
// answer, changelogs are compacted, and what is gone from them is forgotten. Half of the machines
// keep copies of what runs elsewhere.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "processors/runtime/kafka_standby.h"
#include "processors/runtime/kafka_worker.h"
#include "processors/runtime/probe.h"
#include "tests/fakes/model_clients.h"
#include "tests/fakes/model_stores.h"
#include "tests/sim/outcome.h"
#include "tests/sim/receivers.h"

namespace weir::sim {

class KafkaWorld {
 public:
  /// REQUIRES: no history.
  explicit KafkaWorld(const Scenario& scenario);

  /// Error: a task was stopped, a local copy was ahead of the log, or it never came to an end.
  Result<Outcome> run();

 private:
  static constexpr DurationUs kSessionUs = 10 * kSecondUs;
  /// A local copy is used for so long; tombstones are kept for twice as long.
  static constexpr DurationUs kUsableUs = kMinuteUs;

  struct Seat {
    const Graph::Node* node = nullptr;
    std::unique_ptr<runtime::KafkaWorker> worker;
  };
  struct Machine {
    std::string name;
    std::unique_ptr<fakes::ModelStores> stores;
    std::vector<Seat> seats;  // none: it is down
    std::unique_ptr<Receivers> receivers;
    std::unique_ptr<runtime::Standby> standby;  // null: it keeps no copies for others
    TimeUs frozen_until_us = 0;
    TimeUs down_until_us = 0;
    bool replaced = false;  // another one has its name: it ends when it notices
  };

  Result<void> create_topics();
  runtime::WorkerOptions worker_options(const Graph::Node& node);
  void start(Machine& machine);
  void start_standby(Machine& machine);
  Result<void> kill(Machine& machine);
  void replace(Machine& machine);
  void start_what_is_down();
  Result<void> cause_trouble();
  void stand_still_in_a_step();
  void pass(DurationUs duration);
  void send(const Input& input);
  void send_old_tick();
  void say_something();
  /// Until every receiver has a place: who has none begins at the end of the log.
  Result<void> start_receivers();
  void step_somebody();
  bool step(const Machine& machine, runtime::KafkaWorker& worker);
  void follow(const Machine& machine);
  /// Its receivers, one or each of them. True: something was to be done.
  bool tell(const Machine& machine, bool all);
  void stop(runtime::KafkaWorker& worker);
  void power_off(Machine& machine);
  /// Every worker once. Whether somebody had something to do.
  bool step_all();
  Result<void> run_live();
  Result<void> settle();
  Result<void> finish();
  /// No local copy is ahead of what is committed.
  Result<void> check_copies(const Machine& machine);
  Result<void> check_stopped() const;
  bool all_run() const;
  TimeUs lowest_watermark() const;
  std::int64_t below(std::size_t count) { return random_.below(static_cast<std::int64_t>(count)); }

  const Scenario& scenario_;
  Random random_;
  TimeUs now_;
  Outside outside_;
  runtime::Metrics metrics_;
  Probes probes_;
  Graph graph_;
  fakes::ModelKafka kafka_;
  fakes::ModelClients clients_;
  runtime::SharedLog shared_;
  std::vector<runtime::TaskFacts> raw_facts_;
  std::vector<runtime::TaskFacts> keyed_facts_;
  std::vector<std::unique_ptr<Machine>> machines_;
  const runtime::KafkaWorker* in_step_ = nullptr;
  const Receivers* telling_ = nullptr;
  bool stands_still_ = false;
  Acknowledged acknowledged_;
  int troubles_ = 1;  // who comes second takes partitions from the first
};

}  // namespace weir::sim
