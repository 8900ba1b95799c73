// A request and its answer as plain values: what a handler sees of HTTP. Nothing here knows of
// sockets. Thread-safe as values are.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "processors/core/result.h"

namespace weir::net {

using HeaderList = std::vector<std::pair<std::string, std::string>>;

struct HttpRequest {
  std::string method;  // "GET" (also where the client asked HEAD), "POST", ...
  std::string path;    // percent-decoded, without the query; has no "." or ".." segment, no NUL
  std::vector<std::pair<std::string, std::string>> query;  // decoded, in order, repeats kept
  HeaderList headers;                                      // all but Authorization
  std::string body;                                        // its Content-Encoding removed
  std::string remote;                                      // "127.0.0.1:52814"
  /// Who asks: "write" or "read" after that token, "" without one. Not secret, and the same after
  /// the token was replaced by another.
  std::string caller;

  /// The first header of that name, whatever its case; absent where there is none. The view lives
  /// as long as the request.
  std::optional<std::string_view> header(std::string_view name) const;
  /// The first value of that name in the query (exact case); "" for "?name" and "?name=".
  std::optional<std::string_view> query_value(std::string_view name) const;
};

/// Whether the query has no other names than `known`, and each once, but for those of `repeated`.
/// invalid_argument: it has.
Result<void> check_query(const HttpRequest& request, std::span<const std::string_view> known,
                         std::span<const std::string_view> repeated = {});

struct HttpResponse {
  int status = 200;          // 200 to 599
  std::string content_type;  // "": no such header
  std::string body;
  /// More headers. One that the server sets by default (a security header, Cache-Control) is
  /// replaced by the one of that name here. Control characters in a value become spaces; a header
  /// above 8 KiB is left out. Lengths, Connection and Date are the server's own business.
  HeaderList headers;
};

/// The answer to what went wrong, as every part of Weir gives it:
///   {"error": "what was wrong", "hint": "what to do"}
/// without "hint" where that is empty. Bytes that are not UTF-8 are replaced.
HttpResponse error_response(int status, std::string_view error, std::string_view hint = {});
/// The same of an Error, whose hint follows the first "; ": 400 where the request is wrong, 404,
/// 409 where there is such a thing already; 503 with Retry-After where a log or another part takes
/// nothing now (it is full, away, held, stopping); 500 where something is broken.
HttpResponse error_response(const Error& error);

}  // namespace weir::net
