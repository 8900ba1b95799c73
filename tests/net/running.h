// A server with a few routes, on a free port of loopback, for as long as a test runs.
#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>

#include "processors/net/http_server.h"
#include "tests/net/client.h"

namespace weir::net {

/// GET /hello, POST /echo (the body), GET and POST /gate/*, whose handlers wait for open_gate().
class Running {
 public:
  explicit Running(HttpServerOptions options = {}, std::vector<Route> more = {});
  ~Running();

  Client client() const { return Client(server->port()); }
  void open_gate();
  /// Waits until that many requests stand before the gate.
  void wait_at_gate(int count);
  /// The metrics' lines that begin with `prefix`.
  std::string metrics(std::string_view prefix) const;

  runtime::Metrics registry;
  HttpProbe probe{registry};
  std::unique_ptr<HttpServer> server;

 private:
  HttpResponse pass_gate(const HttpRequest& request);

  std::mutex mutex_;
  std::condition_variable changed_;
  bool gate_is_open_ = false;
  int at_gate_ = 0;
};

}  // namespace weir::net
