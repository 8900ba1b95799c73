// The `http:` section of a configuration. Plain values; thread-safe once read. Reading resolves no
// secret, so a configuration can be checked where its secrets are not.
#pragma once

#include <string>

#include "processors/config/document.h"
#include "processors/net/http_server.h"

namespace weir::net {

struct Listen {
  std::string address;  // an IP address
  std::uint16_t port = 0;
};
/// "127.0.0.1:8080", "localhost:8080", "[::1]:8080". Error: invalid_argument. Whether the address
/// is one, start() tells.
Result<Listen> parse_listen(std::string_view text);
/// The same as text, "[::1]:8080" for IPv6.
std::string to_string(const Listen& listen);

struct Config {
  /// All but the tokens; the trade-offs stand beside its fields.
  HttpServerOptions options{.port = 8080};
  /// References, see Secret::load; empty: that token is not asked for.
  std::string write_token;
  std::string read_token;
};

/// What is wrong is recorded in the section's document, also what start() would refuse whatever the
/// tokens are: listening beyond loopback without TLS and both tokens.
///
///   http:
///     listen: 127.0.0.1:8080          # or [::1]:8080; port 0: any free one
///     tls: {certificate: server.pem, key: server.key}
///     tokens: {write: env:WEIR_WRITE_TOKEN, read: file:/run/secrets/weir-read}
///     insecure: false                 # true: beyond loopback without tokens and TLS
///     hosts: [weir.example.com]       # names that browsers may call it by; without port
///     workers: 8
///     queue: 128
///     max_connections: 4096
///     max_body: 16MiB
///     max_body_memory: 256MiB
///     header_timeout: 10s
///     body_timeout: 30s
///     idle_timeout: 75s
///     write_timeout: 30s
Config read_config(const config::Section& section);

/// The options with their tokens loaded. Error: of Secret::load, with the key.
Result<HttpServerOptions> load_secrets(const Config& config);

}  // namespace weir::net
