#include "processors/runtime/kafka_runner.h"

#include <atomic>
#include <chrono>
#include <thread>

#include "processors/runtime/kafka_trouble.h"

namespace weir::runtime {
namespace {

/// A commit that is due waits at most this long in an idle worker; records wake it at once.
constexpr DurationUs kIdleUs = 5 * kMillisecondUs;
constexpr std::chrono::milliseconds kWatch(20);
/// A standby is behind by at most about this much.
constexpr std::chrono::milliseconds kStandbyPause(100);

}  // namespace

KafkaRunner::KafkaRunner(const std::vector<KafkaWorkerSetup>& workers,
                         std::optional<StandbySetup> standby, std::function<TimeUs()> clock)
    : clock_(std::move(clock)) {
  if (standby) standby_.emplace(*std::move(standby));
  for (const KafkaWorkerSetup& setup : workers)
    workers_.emplace_back(new Running{.setup = setup, .worker = KafkaWorker(setup)});
}

void KafkaRunner::run(const std::function<bool()>& watch) {
  std::atomic<bool> stop = false;
  std::vector<std::jthread> threads;
  for (const auto& running : workers_)
    threads.emplace_back([&stop, &worker = running->worker, this] {
      while (!stop)
        if (!worker.step(clock_())) worker.wait(kIdleUs);
      worker.stop(clock_());
    });
  std::jthread follower;
  if (standby_) follower = std::jthread([this](const std::stop_token& done) { follow(done); });
  while (watch()) std::this_thread::sleep_for(kWatch);
  stop = true;
}

void KafkaRunner::follow(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    const auto worked = standby_->step(owned(), clock_());
    if (!worked) tell_trouble("standby", worked.error().message);
    if (!worked || !*worked) std::this_thread::sleep_for(kStandbyPause);
  }
}

std::set<TaskId> KafkaRunner::owned() const {
  std::set<TaskId> tasks;
  for (const Facts& each : facts())
    for (const std::int32_t partition : each.worker.partitions)
      tasks.insert({each.processor, partition});
  return tasks;
}

std::vector<KafkaRunner::Facts> KafkaRunner::facts() const {
  std::vector<Facts> facts;
  for (const auto& running : workers_)
    facts.push_back({.processor = running->setup.spec->name,
                     .instance = running->setup.instance,
                     .worker = running->worker.facts()});
  return facts;
}

}  // namespace weir::runtime
