// Threads that run tasks from one bounded queue.
#pragma once

#include <atomic>
#include <cstddef>
#include <functional>
#include <thread>
#include <vector>

#include "processors/core/bounded_queue.h"

namespace weir::net {

class WorkerPool {
 public:
  /// threads > 0, queue > 0.
  WorkerPool(std::size_t threads, std::size_t queue);
  ~WorkerPool() { stop(); }
  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;

  /// Never waits. False: the queue is full, or the pool was stopped.
  bool submit(std::function<void()> task) { return tasks_.try_push(std::move(task)); }
  /// Forgets what waits and returns when what runs is done. Not from a worker.
  void stop();

 private:
  void run();

  BoundedQueue<std::function<void()>> tasks_;
  std::atomic<bool> stopping_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace weir::net
