// One request on its way through the server, apart from sockets: what its head already decides, its
// handling on a worker thread, and how an answer becomes a message. Functions are thread-safe; an
// Exchange belongs to one thread at a time.
#pragma once

#include <chrono>
#include <memory>
#include <string>

#include <boost/beast/http.hpp>

#include "processors/net/content_decoder.h"
#include "processors/net/event_buffer.h"
#include "processors/net/http_server.h"
#include "processors/net/memory_budget.h"
#include "processors/net/router.h"

namespace weir::net {

namespace http = boost::beast::http;

using Head = http::request_header<http::fields>;
using Answer = http::response<http::string_body>;

struct Exchange {
  explicit Exchange(MemoryBudget& memory) : claim(memory) {}

  HttpRequest request;
  const Route* route = nullptr;  // null: answered by the server itself
  RouteProbe* probe = nullptr;
  Encoding encoding = Encoding::identity;
  bool head_only = false;               // HEAD: the answer's body is not sent
  bool keep_alive = false;              // what the client asked for
  MemoryBudget::Claim claim;            // of this request's body
  std::shared_ptr<EventBuffer> events;  // the answer, where it is a stream
  std::chrono::steady_clock::time_point began;
};

/// What of the server an exchange needs. All outlive it.
struct ExchangeContext {
  const HttpServerOptions& options;
  Router& router;
  HttpProbe& probe;
};

/// Fills the exchange from the head; the refusal, where there is one: 400, 401, 403, 404, 405, 415.
std::optional<HttpResponse> admit(const ExchangeContext& context, const Head& head,
                                  Exchange& exchange);

/// Decodes the body in place; the refusal, where there is one: 400, 413, 429.
std::optional<HttpResponse> decode_body(const ExchangeContext& context, Exchange& exchange);

/// 429 with Retry-After.
HttpResponse overloaded(std::string_view error);

/// The handler's answer; 500 where it threw.
HttpResponse handle(const Exchange& exchange);

/// Calls the stream's handler; the refusal, where there is one: the handler's, 500 where it threw.
std::optional<HttpResponse> start_sending(const Exchange& exchange,
                                          std::shared_ptr<EventStream> stream);

/// The message for an answer, with the default headers that it does not replace. Counts it.
Answer render(const ExchangeContext& context, const Exchange& exchange, HttpResponse response,
              bool keep_alive);

/// The head of an event stream: its body ends with the connection.
Answer render_stream_head(const ExchangeContext& context, const Exchange& exchange);

}  // namespace weir::net
