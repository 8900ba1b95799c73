#include "processors/runtime/kafka_runner.h"

#include <atomic>
#include <chrono>
#include <thread>

namespace weir::runtime {
namespace {

/// A commit that is due waits at most this long in an idle worker; records wake it at once.
constexpr DurationUs kIdleUs = 5 * kMillisecondUs;
constexpr std::chrono::milliseconds kWatch(20);
/// A standby is behind by at most about this much.
constexpr std::chrono::milliseconds kStandbyPause(100);

}  // namespace

KafkaRunner::KafkaRunner(const std::vector<KafkaWorkerSetup>& workers,
                         std::optional<StandbySetup> standby, std::function<TimeUs()> clock,
                         Metrics& metrics)
    : clock_(std::move(clock)) {
  for (const KafkaWorkerSetup& setup : workers) {
    const Metrics::Labels labels = {{"processor", setup.spec->name}};
    Gauges& of = gauges_[setup.spec->name];
    of.to_restore =
        &metrics.gauge("weir_kafka_restore_records",
                       "Records of changelogs to be read since the last assignment.", labels);
    of.restored =
        &metrics.gauge("weir_kafka_restored_records", "How many of them are read.", labels);
    if (!standby) continue;
    of.copies = &metrics.gauge("weir_kafka_standby_copies",
                               "Copies of the state of tasks that run elsewhere.", labels);
    of.copies_lag = &metrics.gauge("weir_kafka_standby_lag_records",
                                   "Records of changelogs that these copies lack.", labels);
  }
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
  while (watch()) {
    report();
    std::this_thread::sleep_for(kWatch);
  }
  stop = true;
}

void KafkaRunner::follow(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    if (!standby_->step(owned(), clock_())) std::this_thread::sleep_for(kStandbyPause);
  }
}

void KafkaRunner::report() const {
  struct Sums {
    std::int64_t to_restore = 0;
    std::int64_t restored = 0;
    std::int64_t copies = 0;
    std::int64_t copies_lag = 0;
  };
  std::map<std::string, Sums> sums;
  for (const Facts& each : facts()) {
    sums[each.processor].to_restore += each.worker.to_restore;
    sums[each.processor].restored += each.worker.restored;
  }
  if (standby_)
    for (const auto& [task, copy] : standby_->facts()) {
      sums[task.processor].copies += copy.trouble.empty() ? 1 : 0;
      sums[task.processor].copies_lag += copy.lag_records;
    }
  for (const auto& [processor, gauges] : gauges_) {
    const Sums& sum = sums[processor];
    gauges.to_restore->set(sum.to_restore);
    gauges.restored->set(sum.restored);
    if (!standby_) continue;
    gauges.copies->set(sum.copies);
    gauges.copies_lag->set(sum.copies_lag);
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
