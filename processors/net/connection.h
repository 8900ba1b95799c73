// One client's connection, from its acceptance to its end. Internal to net.
#pragma once

#include <boost/asio/ip/tcp.hpp>

#include "processors/net/server_core.h"

namespace weir::net {

/// Serves the connection on the core's I/O thread until it ends; it owns itself. `over_limit`: its
/// first request is answered 503. From the I/O thread.
void serve(ServerCore& core, boost::asio::ip::tcp::socket socket, bool over_limit);

}  // namespace weir::net
