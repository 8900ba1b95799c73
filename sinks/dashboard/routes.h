// Everything that the dashboard answers, as routes of the HTTP server: the page's files and
// `/api/v1`.
#pragma once

#include <vector>

#include "processors/net/http_server.h"
#include "sinks/dashboard/api.h"
#include "sinks/dashboard/streams.h"

namespace weir::dashboard {

/// `api` and `streams` outlive the server. All of it asks for the read token.
std::vector<net::Route> routes(const Api& api, Streams& streams);

}  // namespace weir::dashboard
