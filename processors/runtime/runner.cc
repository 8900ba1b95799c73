#include "processors/runtime/runner.h"

#include <algorithm>
#include <chrono>
#include <thread>

namespace weir::runtime {
namespace {

/// An idle worker looks for input this often; a result is late by at most this much.
constexpr std::chrono::milliseconds kIdle(2);
constexpr std::chrono::milliseconds kWatch(100);

}  // namespace

Runner::Runner(Log& log, std::vector<WorkerGroup> groups, std::function<TimeUs()> clock)
    : log_(log), clock_(std::move(clock)) {
  for (WorkerGroup& setup : groups) {
    setup.threads = std::min(setup.threads, setup.partitions);
    groups_.push_back(std::make_unique<Group>());
    groups_.back()->setup = setup;
  }
  for (const auto& group : groups_)
    for (const auto& other : groups_)
      if (std::ranges::count(other->setup.spec->outputs, group->setup.spec->input) != 0)
        group->upstream.push_back(other.get());
}

Result<bool> Runner::run(const std::function<bool()>& watch) {
  std::vector<std::jthread> threads;
  for (const auto& group : groups_) {
    group->running = group->setup.threads;
    running_ += group->setup.threads;
  }
  for (const auto& group : groups_)
    for (std::int32_t thread = 0; thread < group->setup.threads; ++thread)
      threads.emplace_back([this, &group, thread] { work(*group, thread); });
  bool stopped = false;
  while (running_ > 0) {
    std::this_thread::sleep_for(kWatch);
    if (!stop_ && !watch()) stop_ = stopped = true;
  }
  threads.clear();
  if (error_) return std::unexpected(*error_);
  return !stopped;
}

void Runner::work(Group& group, std::int32_t thread) {
  if (auto result = drive(group, thread); !result) {
    const std::lock_guard lock(mutex_);
    if (!error_) error_ = std::move(result).error();
    stop_ = true;
  }
  --group.running;
  --running_;
}

Result<void> Runner::drive(Group& group, std::int32_t thread) {
  const WorkerGroup& setup = group.setup;
  std::vector<std::int32_t> partitions;
  for (std::int32_t partition = thread; partition < setup.partitions; partition += setup.threads)
    partitions.push_back(partition);
  Worker worker(*setup.spec, log_, *setup.input, setup.options);
  WEIR_TRY(worker.open(partitions, clock_()));
  while (!stop_) {
    // Asked before the step: what upstream wrote before it finished is there to be read.
    const bool complete = input_complete(group);
    WEIR_ASSIGN(const Worker::Progress progress, worker.step(clock_(), complete));
    if (progress == Worker::Progress::finished) return {};
    if (progress == Worker::Progress::idle) std::this_thread::sleep_for(kIdle);
  }
  return worker.commit(clock_());
}

bool Runner::input_complete(const Group& group) {
  return std::ranges::all_of(group.upstream,
                             [](const Group* upstream) { return upstream->running == 0; });
}

}  // namespace weir::runtime
