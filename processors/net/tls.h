// The server's side of TLS. Internal to net.
#pragma once

#include <boost/asio/ssl/context.hpp>

#include "processors/core/result.h"
#include "processors/net/http_server.h"

namespace weir::net {

/// TLS 1.2 and 1.3 with that certificate. Error: invalid_argument, with the file and what OpenSSL
/// says; also where certificate and key do not belong together.
Result<boost::asio::ssl::context> make_tls(const TlsFiles& files);

}  // namespace weir::net
