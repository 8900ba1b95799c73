// When a server that refuses says to come again. Pure; thread-safe.
#pragma once

#include <optional>

#include "processors/core/time.h"
#include "processors/net/http_client.h"

namespace weir::net {

/// How long from `now` the Retry-After of an answer asks to wait: seconds, or an HTTP date (of any
/// of RFC 9110's three forms), which is counted from the answer's own Date where it has one, as
/// the server's clock may be wrong. At least 0. nullopt: there is none, or it is neither.
std::optional<DurationUs> retry_after(const ClientResponse& response, TimeUs now);

}  // namespace weir::net
