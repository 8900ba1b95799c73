// Who may reach the server and its routes; http_server.h says why. Pure decisions; thread-safe.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "processors/core/result.h"
#include "processors/net/http_server.h"

namespace weir::net {

/// 127.0.0.0/8 and ::1. An address that cannot be parsed is not.
bool is_loopback(std::string_view address);

/// What listening on `address` requires. Error: invalid_argument, with the ways out.
struct Exposure {
  std::string_view address;
  bool tls = false;
  bool tokens = false;  // both
  bool insecure = false;
};
Result<void> check_exposure(const Exposure& exposure);

/// Options that start() refuses, but for what only the operating system knows.
Result<void> check_options(const HttpServerOptions& options);

/// What of a request decides.
struct Credentials {
  std::string_view method;
  std::optional<std::string_view> host;
  std::optional<std::string_view> origin;
  std::optional<std::string_view> authorization;
};

/// The refusal (401 or 403), or, where the request may go on, who asks: HttpRequest::caller.
std::expected<std::string, HttpResponse> check_access(const HttpServerOptions& options,
                                                      Access access,
                                                      const Credentials& credentials);

}  // namespace weir::net
