// A running weir, asked over HTTP.
#pragma once

#include <memory>
#include <string>

#include "processors/core/result.h"
#include "processors/net/http_client.h"
#include "processors/net/http_server.h"
#include "processors/net/secret.h"
#include "sinks/results/proto_json.h"
#include "tools/weir/command.h"

namespace weir::cli {

/// What the options say.
struct RemoteAddress {
  std::string url = "http://127.0.0.1:8080";
  std::string token;     // env:NAME or file:PATH; empty: `variable`, where it is set
  std::string variable;  // of the environment
  std::string ca_file;   // PEM; empty: the system's authorities
};

/// Adds --url, which it returns, --token and --ca-file. `access` is what the command needs: of
/// reading the variable is WEIR_READ_TOKEN, of writing WEIR_WRITE_TOKEN.
CLI::Option* add_remote(CLI::App& app, RemoteAddress& address, net::Access access);

/// One thread.
class Remote {
 public:
  /// Asks nobody yet. Errors: of the token, as Secret::load.
  static Result<Remote> open(const RemoteAddress& address);

  /// The answer's JSON. `path` begins with '/' and is encoded; a body is sent where it is not null.
  /// Errors, which say what to do: io, where nobody answers; protocol, where it is no weir;
  /// not_found and invalid_argument, where a weir says so; io for its other refusals. None holds
  /// the token.
  Result<results::Json> ask(const std::string& method, const std::string& path,
                            const results::Json& body = {});

  /// "http://host:port", for people.
  std::string origin() const { return net::origin_of(base_); }

 private:
  Remote(const RemoteAddress& address, net::Secret token);
  Result<results::Json> read(const net::ClientResponse& answer) const;

  std::string base_;  // no '/' at its end
  std::string variable_;
  net::Secret token_;
  std::unique_ptr<net::HttpClient> client_;
};

}  // namespace weir::cli
