// The one HTTP server of Weir: HTTP/1.1 over TCP, with or without TLS, for everything that answers.
//
// Threads. One I/O thread reads, writes and keeps the times of all connections, so an idle or slow
// client costs a socket and not a thread. Handlers run on `workers` threads of their own behind a
// queue of `queue` requests; where that is full the answer is 429 with Retry-After.
//
// One connection's requests are handled one after the other and answered in order, also when they
// were pipelined; what it sends meanwhile waits in the kernel.
//
// Bounds. Head: `max_header_bytes` (431). Body: `max_body_bytes`, before and after decompression
// (gzip, zstd) (413), and all bodies together `max_body_memory_bytes` (429). Times:
// `header_timeout_us` from the first byte of a request to the end of its head, `body_timeout_us`
// for all of its body, `idle_timeout_us` between requests, `write_timeout_us` for a client to take
// an answer; a connection that exceeds one is closed without an answer. Connections:
// `max_connections`; one more is answered 503 and closed.
//
// Who may ask. A route asks for a token by its Access; where that token is configured, a request
// without it is answered 401 with WWW-Authenticate, before its body is read. Both kinds go as
// "Authorization: Bearer TOKEN"; the read token also as the password of HTTP Basic with any user
// name, because a browser cannot send the other by itself. Comparing takes the same time whatever
// is wrong. Tokens reach no handler and no error text.
//
// Where no token is asked for, a web page that its user visits elsewhere must not reach this server
// through the browser:
// - DNS rebinding (a foreign name that resolves to this machine): without TLS, a request whose Host
//   is neither an IP address nor localhost nor in `hosts` is answered 403. A browser puts the name
//   that it was told into Host, so a foreign page's requests carry a foreign name; with TLS the
//   certificate already refuses that name.
// - Cross-site requests: a method other than GET and HEAD with an Origin that is not this Host is
//   answered 403. Programs send no Origin; browsers always do for those methods.
// No answer carries CORS headers, so a foreign page cannot read any either.
//
// What the server answers itself is an error_response(): 400, 401, 403, 404, 405 with Allow,
// 413, 415 (unknown Content-Encoding), 429, 431, 500 (a handler threw), 503.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "processors/core/result.h"
#include "processors/core/time.h"
#include "processors/net/http_message.h"
#include "processors/net/probe.h"
#include "processors/net/secret.h"

namespace weir::net {

/// Which token a route asks for. Nobody asks for a token that is not configured.
enum class Access : std::uint8_t { open, read, write };

/// Runs on one of the worker threads, several at a time; may block.
using Handler = std::function<HttpResponse(const HttpRequest&)>;

/// One open text/event-stream answer. Thread-safe; may outlive the server. The answer ends when the
/// last reference is dropped, when the client goes, or when the server drains.
class EventStream {
 public:
  virtual ~EventStream() = default;

  /// Queues one event; never waits. `data` may have several lines; `event` and `id` are one line
  /// each and left out where empty. False: nothing was queued, because the client is gone or took
  /// so little that its buffer (`max_stream_bytes`) is full; it is closed then, and reconnects with
  /// Last-Event-ID.
  virtual bool send(std::string_view event, std::string_view data, std::string_view id = {}) = 0;
  /// Whether a further event could still reach the client.
  virtual bool open() const = 0;
};

/// Runs on a worker thread; should hand the stream to whoever sends, and return nothing. What it
/// returns is the answer instead of a stream, on which nothing may have been sent.
using StreamHandler =
    std::function<std::optional<HttpResponse>(const HttpRequest&, std::shared_ptr<EventStream>)>;

struct Route {
  std::string method;  // upper case; GET answers HEAD too
  std::string path;    // exact; "/x/*" is every path that begins with "/x/", the longest wins
  Access access = Access::open;
  Handler handler;  // one of the two; `stream` is for GET
  StreamHandler stream;
};

struct TlsFiles {
  std::string certificate;  // PEM: the chain, own certificate first
  std::string key;          // PEM: its private key
};

struct HttpServerOptions {
  std::string address = "127.0.0.1";  // an IP address
  std::uint16_t port = 0;             // 0: any free one
  /// Where its user says so, for the error where it cannot be listened on.
  std::string_view chosen_by = "--listen, or http.listen";

  std::optional<TlsFiles> tls;  // TLS 1.2 and 1.3
  Secret write_token;           // empty: not asked for
  Secret read_token;
  /// Listen beyond loopback without tokens and TLS. Anybody who reaches the port may then read and
  /// write.
  bool insecure = false;
  /// Names by which browsers and scrapers may call this server, without port; see above.
  std::vector<std::string> hosts;

  std::size_t workers = 8;  // more wait for the disk together, and share its syncs
  std::size_t queue = 128;
  std::size_t max_connections = 4096;
  std::size_t max_header_bytes = 16 << 10;
  std::size_t max_body_bytes = 16 << 20;
  std::size_t max_body_memory_bytes = 256 << 20;
  std::size_t max_stream_bytes = 1 << 20;

  DurationUs header_timeout_us = 10 * kSecondUs;
  DurationUs body_timeout_us = 30 * kSecondUs;
  DurationUs idle_timeout_us = 75 * kSecondUs;
  DurationUs write_timeout_us = 30 * kSecondUs;
  DurationUs stream_heartbeat_us = 15 * kSecondUs;  // a comment, so that a dead client shows

  /// On every answer whose handler did not set them.
  HeaderList headers = {
      {"X-Content-Type-Options", "nosniff"},
      {"Referrer-Policy", "no-referrer"},
      {"Content-Security-Policy",
       "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"},
      {"Cross-Origin-Resource-Policy", "same-origin"},
      {"Cross-Origin-Opener-Policy", "same-origin"},
      {"Cache-Control", "no-store"}};
};

class HttpServer {
 public:
  /// Whether start() could listen now: for who makes something first that should not be left behind
  /// where it cannot. Errors as start(), but those of routes.
  static Result<void> check(const HttpServerOptions& options);
  /// Listens and answers from now on. `probe` outlives the server. Error: invalid_argument where
  /// the address is none, where it is not loopback and neither `insecure` nor TLS with both tokens
  /// is given, where a token is shorter than 16 characters, where a TLS file cannot be used, or two
  /// routes are the same; io where the address is taken; exhausted where the process may not open
  /// `max_connections` files.
  static Result<std::unique_ptr<HttpServer>> start(HttpServerOptions options,
                                                   std::vector<Route> routes, HttpProbe& probe);
  /// As drain(0), then waits for handlers that still run.
  ~HttpServer();
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  std::uint16_t port() const;

  /// Stops accepting, closes idle connections, ends streams, answers what has begun to arrive, with
  /// "Connection: close", and returns when all are gone. What is left after `at_most_us` is closed
  /// unanswered. From any thread but a handler's; the second call finds nothing to do.
  void drain(DurationUs at_most_us);

 private:
  class Impl;
  explicit HttpServer(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace weir::net
