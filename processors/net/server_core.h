// What all connections of one server share. Internal to net.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <unordered_map>
#include <vector>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ssl/context.hpp>

#include "processors/net/event_buffer.h"
#include "processors/net/exchange.h"
#include "processors/net/http_server.h"
#include "processors/net/memory_budget.h"
#include "processors/net/router.h"
#include "processors/net/worker_pool.h"

namespace weir::net {

/// A connection as the server sees it. Functions are for the I/O thread.
class OpenConnection {
 public:
  virtual ~OpenConnection() = default;
  /// Goes as soon as nothing is under way.
  virtual void drain() = 0;
  /// Goes now.
  virtual void abort() = 0;
};

/// Those that are open. Thread-safe.
class ConnectionSet {
 public:
  explicit ConnectionSet(runtime::Gauge& gauge) : gauge_(gauge) {}

  void add(const std::shared_ptr<OpenConnection>& connection);
  void remove(const OpenConnection* connection);
  std::size_t size() const;
  std::vector<std::shared_ptr<OpenConnection>> all() const;
  /// Whether the set became empty within that time.
  bool wait_empty(std::chrono::microseconds at_most) const;

 private:
  runtime::Gauge& gauge_;
  mutable std::mutex mutex_;
  mutable std::condition_variable emptied_;
  std::unordered_map<const OpenConnection*, std::weak_ptr<OpenConnection>> open_;
};

/// Members are destroyed from the last: workers stop first, then connections go with `io`.
struct ServerCore {
  ServerCore(HttpServerOptions given, Router routes, HttpProbe& facts)
      : options(std::move(given)),
        probe(facts),
        router(std::move(routes)),
        memory(options.max_body_memory_bytes),
        stream_memory(std::make_shared<MemoryBudget>(kMaxStreamMemoryBytes)),
        connections(facts.open_connections),
        io(1),
        workers(options.workers, options.queue) {}

  ExchangeContext context() { return {options, router, probe}; }

  const HttpServerOptions options;
  HttpProbe& probe;
  Router router;
  MemoryBudget memory;  // of bodies
  const std::shared_ptr<MemoryBudget> stream_memory;
  ConnectionSet connections;
  std::optional<boost::asio::ssl::context> tls;
  std::atomic<bool> draining = false;
  boost::asio::io_context io;
  /// While all requests are with workers, or all is drained, there is nothing to wait for, and yet
  /// what is posted later has to run.
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> busy{io.get_executor()};
  WorkerPool workers;
};

}  // namespace weir::net
