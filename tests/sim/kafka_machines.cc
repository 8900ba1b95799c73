// The part of the world on Kafka that starts machines and ends them.
#include <algorithm>
#include <utility>

#include "processors/runtime/kafka_follower.h"
#include "processors/runtime/kafka_options.h"
#include "tests/sim/alerts.h"
#include "tests/sim/kafka_world.h"

namespace weir::sim {
namespace {

using runtime::KafkaWorker;
using runtime::KafkaWorkerFacts;

const std::string kCluster = "model";

}  // namespace

runtime::WorkerOptions KafkaWorld::worker_options(const Graph::Node& node) {
  runtime::WorkerOptions options;
  options.task.fetch_bytes = static_cast<std::size_t>(random_.between(1, 4096));
  options.task.cache_bytes = static_cast<std::size_t>(random_.between(1, 65536));
  options.commit_interval_us = scenario_.commit_interval_us;
  options.tick_delay_us = scenario_.definitions.out_of_orderness_us();
  options.commit_bytes = static_cast<std::size_t>(random_.between(1, 1 << 20));
  // alert has the time of those it hears of.
  if (node.spec.input != topics::kSignal)
    options.facts = node.spec.input == topics::kInference ? raw_facts_ : keyed_facts_;
  return options;
}

void KafkaWorld::start(Machine& machine) {
  for (const Graph::Node& node : graph_.nodes) {
    const std::int64_t threads = random_.between(1, 2);
    for (std::int64_t thread = 0; thread < threads; ++thread)
      machine.seats.push_back(
          {&node, std::make_unique<KafkaWorker>(runtime::KafkaWorkerSetup{
                      .spec = &node.spec,
                      .options = worker_options(node),
                      .instance = runtime::kafka_instance({}, node.spec.name, machine.name,
                                                          static_cast<std::int32_t>(thread)),
                      .clients = &clients_,
                      .stores = machine.stores.get(),
                      .shared = &shared_,
                      .cluster = kCluster,
                      .usable_us = kUsableUs})});
  }
  if (random_.chance(50)) start_standby(machine);
  machine.receivers =
      std::make_unique<Receivers>(outside_, [this, name = machine.name](const std::string& to) {
        return std::make_unique<runtime::KafkaFollower>(
            runtime::KafkaFollowerSetup{.name = follower_of(to),
                                        .input = kAlerts,
                                        .instance = runtime::kafka_instance({}, to, name, 0),
                                        .clients = &clients_,
                                        .reader = &kafka_});
      });
}

void KafkaWorld::start_standby(Machine& machine) {
  runtime::StandbySetup setup{.clients = &clients_,
                              .stores = machine.stores.get(),
                              .cluster = kCluster,
                              .tasks = {},
                              .usable_us = kUsableUs};
  for (const Graph::Node& node : graph_.nodes) {
    const std::int32_t partitions = kafka_.partitions(node.spec.input).value();
    for (std::int32_t partition = 0; partition < partitions; ++partition)
      setup.tasks.push_back({node.spec.name, partition});
  }
  machine.standby = std::make_unique<runtime::Standby>(std::move(setup));
}

void KafkaWorld::power_off(Machine& machine) {
  machine.standby.reset();
  machine.seats.clear();
  machine.receivers.reset();
  outside_.excuse();
}

/// As kill -9 does, or loss of power, or of the disk.
Result<void> KafkaWorld::kill(Machine& machine) {
  power_off(machine);
  WEIR_TRY(check_copies(machine));
  if (random_.chance(30)) machine.stores->lose_writes();
  if (random_.chance(20)) machine.stores = std::make_unique<fakes::ModelStores>(random_.next());
  machine.down_until_us = now_ + random_.below(random_.chance(30) ? 90 * kSecondUs : kSecondUs);
  return {};
}

Result<void> KafkaWorld::check_copies(const Machine& machine) {
  for (const Graph::Node& node : graph_.nodes) {
    const std::string changelog = runtime::changelog_topic(node.spec.name);
    WEIR_ASSIGN(const std::int32_t partitions, kafka_.partitions(changelog));
    for (std::int32_t partition = 0; partition < partitions; ++partition) {
      const auto positions = kafka_.positions(node.spec.name, {partition});
      if (!positions) continue;
      const std::string owner = fmt::format("{}/{}/{}", kCluster, changelog, partition);
      WEIR_ASSIGN(const auto copy,
                  runtime::LocalState::open(*machine.stores, {node.spec.name, partition}, owner));
      if (!copy->head() || copy->head()->input_position <= positions->front().offset.value_or(0))
        continue;
      return fail(ErrorCode::protocol, "{}: the copy of {}/{} is at {}, ahead of the log",
                  machine.name, node.spec.name, partition, copy->head()->input_position);
    }
  }
  return {};
}

/// It stands still, and another machine with an empty disk is started under its name.
void KafkaWorld::replace(Machine& machine) {
  auto next = std::make_unique<Machine>();
  next->name = machine.name;
  next->stores = std::make_unique<fakes::ModelStores>(random_.next());
  machine.replaced = true;
  machine.frozen_until_us = now_ + random_.below(3 * kSessionUs);
  start(*next);
  machines_.push_back(std::move(next));
}

void KafkaWorld::start_what_is_down() {
  // Both would fence each other for ever: the old one ends for good when it has noticed.
  std::erase_if(machines_, [](const auto& machine) {
    return machine->replaced && std::ranges::any_of(machine->seats, [](const Seat& seat) {
             return seat.worker->facts().phase == KafkaWorkerFacts::Phase::away;
           });
  });
  for (const auto& machine : machines_)
    if (machine->seats.empty() && machine->down_until_us <= now_) start(*machine);
}

}  // namespace weir::sim
