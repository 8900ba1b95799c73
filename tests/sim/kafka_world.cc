#include "tests/sim/kafka_world.h"

#include <algorithm>
#include <set>
#include <utility>

#include "processors/runtime/kafka_options.h"
#include "tests/sim/alerts.h"

namespace weir::sim {
namespace {

using runtime::KafkaWorker;
using runtime::KafkaWorkerFacts;
using runtime::TopicPartition;

const std::string kRaw(topics::kInference);
constexpr DurationUs kSliceUs = 4 * kSecondUs;  // below a session: who is well polls
constexpr int kMostRounds = 20'000;

}  // namespace

KafkaWorld::KafkaWorld(const Scenario& scenario)
    : scenario_(scenario),
      random_(scenario.seed ^ 0xcafca),
      now_(scenario.start_us),
      outside_(scenario, now_),
      probes_(metrics_),
      kafka_({.clock = [this] { return now_; },
              .session_timeout_us = kSessionUs,
              .seed = scenario.seed}),
      clients_(kafka_),
      raw_facts_(static_cast<std::size_t>(scenario.raw_partitions)),
      keyed_facts_(static_cast<std::size_t>(scenario.keyed_partitions)),
      acknowledged_(static_cast<std::size_t>(scenario.raw_partitions)) {
  shared_ = {.reader = &kafka_, .appender = &kafka_, .raw_topics = {kRaw}, .draw_id = [this] {
               Id id{};
               for (std::uint8_t& byte : id) byte = static_cast<std::uint8_t>(random_.next());
               return id;
             }};
}

Result<void> KafkaWorld::create_topics() {
  for (const Graph::Topic& topic : graph_.topics)
    WEIR_TRY(kafka_.create_topic(
        {.name = topic.name, .partitions = topic.partitions, .raw = topic.raw}));
  for (const Graph::Node& node : graph_.nodes) {
    WEIR_ASSIGN(const std::int32_t partitions, kafka_.partitions(node.spec.input));
    WEIR_TRY(kafka_.create_topic(
        {.name = runtime::changelog_topic(node.spec.name), .partitions = partitions}));
  }
  return {};
}

Result<void> KafkaWorld::cause_trouble() {
  if (random_.chance(2)) kafka_.compact(now_ - 2 * kUsableUs);
  if (random_.chance(1)) {
    const auto node = static_cast<std::size_t>(below(graph_.nodes.size()));
    kafka_.begin_rebalance(graph_.nodes[node].spec.name);
  }
  Machine& machine = *machines_[static_cast<std::size_t>(below(machines_.size()))];
  if (!scenario_.crashes || machine.seats.empty() || machine.replaced || !random_.chance(3))
    return {};
  ++troubles_;
  switch (random_.below(5)) {
    case 0:
      return kill(machine);
    case 1:  // a deploy
      for (const Seat& seat : machine.seats) stop(*seat.worker);
      power_off(machine);
      machine.down_until_us = now_ + random_.below(5 * kSecondUs);
      break;
    case 2:
      replace(machine);
      break;
    case 3:
      machine.stores->fail_writes(static_cast<int>(random_.below(3)) * 30);
      break;
    default:
      machine.frozen_until_us = now_ + random_.below(3 * kSessionUs);
  }
  return {};
}

/// A process stands still between two calls of a commit, and the world goes on.
void KafkaWorld::stand_still_in_a_step() {
  if (!scenario_.crashes || stands_still_ || !random_.chance(1) || !random_.chance(50)) return;
  stands_still_ = true;
  ++troubles_;
  pass(random_.below(3 * kSessionUs));
  stands_still_ = false;
}

void KafkaWorld::pass(DurationUs duration) {
  for (const TimeUs until = now_ + duration; now_ < until;) {
    now_ = std::min(until, now_ + kSliceUs);
    step_all();
  }
}

void KafkaWorld::send(const Input& input) {
  const runtime::NewRecord record = to_record(input);
  if (kafka_.append({kRaw, input.partition}, {&record, 1}))
    acknowledged_[static_cast<std::size_t>(input.partition)].insert(input.value);
}

void KafkaWorld::send_old_tick() {
  const TopicPartition where{kRaw,
                             static_cast<std::int32_t>(random_.below(scenario_.raw_partitions))};
  const auto bounds = kafka_.bounds(where);
  if (!bounds) return;
  const runtime::NewRecord record = old_tick(random_, bounds->end);
  (void)kafka_.append(where, {&record, 1});
}

void KafkaWorld::say_something() {
  const v1::Signal signal = sim::say_something(random_, now_, kafka_);
  const runtime::NewRecord record{.value = signal.SerializeAsString()};
  (void)kafka_.append({std::string(topics::kSignal), 0}, {&record, 1});
}

Result<void> KafkaWorld::start_receivers() {
  for (const auto& [name, config] : outside_.configs()) {
    const auto has_place = [this, &name] {
      const auto positions = kafka_.positions(follower_of(name), {0});
      return positions && positions->front().offset.has_value();
    };
    for (int rounds = 0; !has_place(); ++rounds) {
      if (rounds == kMostRounds) return fail(ErrorCode::protocol, "nobody follows for {}", name);
      now_ += kSecondUs;
      for (const auto& machine : machines_) tell(*machine, true);
    }
  }
  return {};
}

bool KafkaWorld::step(const Machine& machine, KafkaWorker& worker) {
  if (now_ < machine.frozen_until_us || &worker == in_step_) return false;
  const KafkaWorker* const outer = std::exchange(in_step_, &worker);
  const bool worked = worker.step(now_);
  in_step_ = outer;
  return worked;
}

void KafkaWorld::stop(KafkaWorker& worker) {
  in_step_ = &worker;
  worker.stop(now_);
  in_step_ = nullptr;
}

void KafkaWorld::follow(const Machine& machine) {
  if (!machine.standby || now_ < machine.frozen_until_us) return;
  std::set<runtime::TaskId> owned;
  for (const Seat& seat : machine.seats)
    for (const std::int32_t partition : seat.worker->facts().partitions)
      owned.insert({seat.node->spec.name, partition});
  machine.standby->step(owned, now_);
}

bool KafkaWorld::tell(const Machine& machine, bool all) {
  Receivers* const receivers = machine.receivers.get();
  if (!receivers || now_ < machine.frozen_until_us || telling_ == receivers) return false;
  const Receivers* const outer = std::exchange(telling_, receivers);
  const auto worked = all ? receivers->step_all() : receivers->step_one();
  telling_ = outer;
  if (!worked) outside_.excuse();  // it begins anew, with what it may have sent
  return worked.value_or(false);
}

bool KafkaWorld::step_all() {
  bool worked = false;
  for (const auto& machine : machines_) {
    for (const Seat& seat : machine->seats) worked |= step(*machine, *seat.worker);
    if (random_.chance(10)) follow(*machine);  // it looks less often than workers do
    worked |= tell(*machine, true);
  }
  return worked;
}

void KafkaWorld::step_somebody() {
  const Machine& machine = *machines_[static_cast<std::size_t>(below(machines_.size()))];
  if (machine.seats.empty()) return;
  if (random_.chance(20)) {
    tell(machine, false);
    return;
  }
  if (random_.chance(20)) {
    follow(machine);
    return;
  }
  step(machine, *machine.seats[static_cast<std::size_t>(below(machine.seats.size()))].worker);
}

Result<Outcome> KafkaWorld::run() {
  WEIR_ASSIGN(graph_, graph_of(scenario_, probes_));
  WEIR_TRY(create_topics());
  for (std::int64_t left = random_.between(1, 3); left > 0; --left) {
    Machine& machine = *machines_.emplace_back(std::make_unique<Machine>());
    machine.name = fmt::format("m{}", left);
    machine.stores = std::make_unique<fakes::ModelStores>(random_.next());
    start(machine);
  }
  WEIR_TRY(start_receivers());
  kafka_.between_calls([this] { stand_still_in_a_step(); });
  WEIR_TRY(run_live());
  WEIR_TRY(settle());
  WEIR_ASSIGN(Outcome outcome, collect(scenario_, acknowledged_,
                                       [this](const TopicPartition& where, const Visit& visit) {
                                         return read_from(kafka_, where, 0, visit);
                                       }));
  outside_.check(outcome, [&](const std::string& line) { outcome.mistold.push_back(line); });
  outcome.crashes = troubles_;
  outcome.lost_events = static_cast<std::int64_t>(probes_.kpi.lost_events.value());
  return outcome;
}

Result<void> KafkaWorld::run_live() {
  if (scenario_.crashes) kafka_.disturb(static_cast<int>(random_.below(6)));
  std::size_t sent = 0;
  while (sent < scenario_.inputs.size()) {
    start_what_is_down();
    WEIR_TRY(cause_trouble());
    if (random_.chance(1)) send_old_tick();
    if (random_.chance(1)) say_something();
    const Input& next = scenario_.inputs[sent];
    if (next.at_us <= now_ && random_.chance(60)) {
      ++sent;
      send(next);
    } else if (random_.chance(30)) {
      pass(random_.below(random_.chance(5) ? 20 * kSecondUs : 2 * kSecondUs));
    }
    for (std::int64_t steps = random_.below(7); steps > 0; --steps) step_somebody();
  }
  return {};
}

/// The world gets well; time passes until every window of every event has ended.
Result<void> KafkaWorld::settle() {
  kafka_.disturb(0);
  kafka_.between_calls({});
  outside_.calm();
  std::erase_if(machines_, [](const auto& machine) { return machine->replaced; });
  for (const auto& machine : machines_) {
    machine->frozen_until_us = 0;
    machine->stores->fail_writes(0);
    if (machine->seats.empty()) start(*machine);
  }
  for (runtime::TaskFacts& facts : keyed_facts_) facts.watermark_us = kMinTime;
  const TimeUs target = settled_at(scenario_, now_);
  for (int rounds = 0; lowest_watermark() < target || !all_run(); ++rounds) {
    if (rounds == kMostRounds)
      return fail(ErrorCode::protocol, "it does not settle: {} is reached of {}",
                  format_rfc3339(lowest_watermark()), format_rfc3339(target));
    WEIR_TRY(check_stopped());
    now_ += 5 * kSecondUs;
    for (int steps = 0; steps < 20 && step_all(); ++steps) {
    }
  }
  return finish();
}

/// Time stands still until nobody has anything to do; then what is done is committed, along the
/// graph.
Result<void> KafkaWorld::finish() {
  for (const Graph::Node& node : graph_.nodes) {
    while (step_all()) {
    }
    if (!all_run()) return fail(ErrorCode::protocol, "a worker fell in the end");
    for (const auto& machine : machines_) {
      for (const Seat& seat : machine->seats)
        if (seat.node == &node) stop(*seat.worker);
      std::erase_if(machine->seats, [&node](const Seat& seat) { return seat.node == &node; });
    }
  }
  for (int i = 0; i < 30; ++i) {  // who waits may tell
    now_ += 5 * kSecondUs;
    while (step_all()) {
    }
  }
  return {};
}

bool KafkaWorld::all_run() const {
  return std::ranges::all_of(machines_, [](const auto& machine) {
    return std::ranges::all_of(machine->seats, [](const Seat& seat) {
      const KafkaWorkerFacts facts = seat.worker->facts();
      return facts.phase == KafkaWorkerFacts::Phase::running && facts.waiting.empty();
    });
  });
}

TimeUs KafkaWorld::lowest_watermark() const {
  TimeUs lowest = kMaxTime;
  for (const runtime::TaskFacts& facts : keyed_facts_)
    lowest = std::min(lowest, facts.watermark_us.load());
  return lowest;
}

Result<void> KafkaWorld::check_stopped() const {
  for (const auto& machine : machines_)
    for (const Seat& seat : machine->seats)
      for (const auto& [partition, reason] : seat.worker->facts().stopped)
        return fail(ErrorCode::protocol, "{}: partition {} was stopped: {}", machine->name,
                    partition, reason);
  return {};
}

}  // namespace weir::sim
