// What every process of Weir's serves over HTTP, beside what it is for.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "processors/ingest/receiver.h"
#include "processors/net/http_server.h"
#include "tools/weir/settings.h"

namespace weir::cli {

/// Whether start_http could listen now; errors as its.
Result<void> check_http(const Settings& settings);

/// What /readyz says of a process.
struct Readiness {
  std::function<std::string()> why_not;  // empty: it is ready
  std::string progress_path;             // of its own routes, the one that shows how far it is
};

/// Starts the server as the settings say, with /healthz and /readyz beside `routes`. `probe`
/// outlives the server. Errors: of secrets and of binding.
Result<std::unique_ptr<net::HttpServer>> start_http(const Settings& settings,
                                                    std::vector<net::Route> routes,
                                                    Readiness readiness, net::HttpProbe& probe);

/// How it is reached.
std::string url_of(const Settings& settings, const net::HttpServer& http);

/// Adds what `receiver` takes: it is there before the first request comes to one of these routes,
/// and outlives the server.
void add_receiver_routes(const std::unique_ptr<ingest::EventReceiver>& receiver,
                         std::vector<net::Route>& routes);

}  // namespace weir::cli
