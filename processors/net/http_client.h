// Asks others over HTTP: one blocking request at a time, with a deadline. What reaches Weir's own
// network through it is bounded, because where it goes may come from somebody else.
//
// Where it goes. http and https only; no user and password in a URL; redirects are not followed
// (their answer comes back as it is); proxies of the environment, .netrc and cookies are not used.
// Unless `allow_private`, only addresses of the public internet are connected to: the address
// itself is looked at when the socket is made, so a name that resolves to something else a moment
// later (DNS rebinding) does not pass. See address.h for what is public.
//
// TLS. 1.2 and later; the certificate and its host name are verified, against the system's
// authorities or those of `ca_file`.
//
// Bounds. `deadline_us` is for all of it, from resolving the name to the last byte. Of an answer's
// body `max_response_bytes` are kept, the rest is not read; its headers are at most 64 KiB.
//
// Errors never hold a path, a query, a header or a body, which may be secret: they name scheme,
// host and port.
#pragma once

#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>

#include "processors/core/result.h"
#include "processors/core/time.h"
#include "processors/net/http_message.h"

namespace weir::net {

struct HttpClientOptions {
  DurationUs deadline_us = 10 * kSecondUs;
  std::size_t max_response_bytes = 64 << 10;
  /// Connect to loopback, link-local, private and reserved addresses, too.
  bool allow_private = false;
  std::string ca_file;  // PEM; empty: the system's authorities
};

struct ClientRequest {
  std::string method = "GET";
  std::string url;
  HeaderList headers;
  std::string body;  // sent where it is not empty, or the method is POST or PUT
};

struct ClientResponse {
  int status = 0;
  HeaderList headers;  // of the final answer, in their order
  std::string body;
  bool cut = false;  // the body was longer than is kept

  /// As HttpRequest::header.
  std::optional<std::string_view> header(std::string_view name) const;
};

/// The same text, where a client would go there. Error: invalid_argument, which does not repeat it.
Result<std::string> check_url(std::string_view url);
/// "https://host:port" of a URL (the port where it has one), for people. "?" where it is none.
std::string origin_of(std::string_view url);

/// Keeps its connections open between requests. One thread.
class HttpClient {
 public:
  explicit HttpClient(HttpClientOptions options);
  ~HttpClient();
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;

  /// The answer, whatever its status. Errors: invalid_argument, where the request itself cannot be
  /// sent (its URL, a control character in a header) or the address is not public; stopped, within
  /// about a second of being asked to; io, for everything else that leaves us without an answer
  /// (also the deadline).
  Result<ClientResponse> send(const ClientRequest& request, const std::stop_token& stop = {});

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace weir::net
