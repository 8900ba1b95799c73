// A certificate for localhost that signs itself, made on the spot.
#pragma once

#include <string>

#include "processors/net/http_server.h"

namespace weir::net {

/// Writes cert.pem and key.pem into the directory.
TlsFiles make_certificate(const std::string& directory);

}  // namespace weir::net
