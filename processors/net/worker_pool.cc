#include "processors/net/worker_pool.h"

namespace weir::net {

WorkerPool::WorkerPool(std::size_t threads, std::size_t queue) : tasks_(queue) {
  threads_.reserve(threads);
  for (std::size_t i = 0; i < threads; ++i) threads_.emplace_back([this] { run(); });
}

void WorkerPool::stop() {
  stopping_ = true;
  tasks_.close();
  for (std::thread& thread : threads_)
    if (thread.joinable()) thread.join();
}

void WorkerPool::run() {
  while (const auto task = tasks_.pop())
    if (!stopping_) (*task)();
}

}  // namespace weir::net
