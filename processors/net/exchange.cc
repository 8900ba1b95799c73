#include "processors/net/exchange.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <exception>

#include <absl/time/clock.h>
#include <absl/time/time.h>

#include "processors/net/access.h"
#include "processors/net/target.h"
#include "processors/net/text.h"

namespace weir::net {
namespace {

std::string_view view(boost::beast::string_view text) { return {text.data(), text.size()}; }

std::optional<std::string_view> find(const Head& head, http::field name) {
  const auto found = head.find(name);
  if (found == head.end()) return std::nullopt;
  return view(found->value());
}

// Beast accepts some heads that two servers could read in two ways.
std::optional<HttpResponse> refuse_ambiguous(const Head& head) {
  const auto encoding = find(head, http::field::transfer_encoding);
  if (encoding &&
      (head.count(http::field::transfer_encoding) > 1 ||
       head.count(http::field::content_length) > 0 || !equals_ignoring_case(*encoding, "chunked")))
    return error_response(400, "the Transfer-Encoding is not 'chunked' alone",
                          "send either Content-Length or 'Transfer-Encoding: chunked'");
  const std::size_t hosts = head.count(http::field::host);
  if (hosts > 1 || (hosts == 0 && head.version() >= 11))
    return error_response(400, "the request has not exactly one Host header");
  return std::nullopt;
}

void copy_head(const Head& head, HttpRequest& request) {
  for (const auto& field : head) {
    if (field.name() == http::field::authorization) continue;
    request.headers.emplace_back(view(field.name_string()), view(field.value()));
  }
}

std::optional<HttpResponse> find_route(const ExchangeContext& context, std::string_view method,
                                       Exchange& exchange) {
  auto match = context.router.match(method, exchange.request.path);
  if (match.route != nullptr) {
    exchange.route = &match.route->route;
    exchange.probe = &match.route->probe;
    return std::nullopt;
  }
  if (match.allow.empty())
    return error_response(404, "there is nothing at this path", "GET / is the page for people");
  HttpResponse response =
      error_response(405, "this path does not answer this method", "it answers " + match.allow);
  response.headers.emplace_back("Allow", match.allow);
  return response;
}

std::optional<HttpResponse> check_encoding(const Head& head, Exchange& exchange) {
  const auto header = find(head, http::field::content_encoding);
  const auto encoding = parse_encoding(header.value_or(""));
  if (encoding && head.count(http::field::content_encoding) <= 1) {
    exchange.encoding = *encoding;
    return std::nullopt;
  }
  HttpResponse response =
      error_response(415, "this Content-Encoding is not understood", "send gzip, zstd, or none");
  response.headers.emplace_back("Accept-Encoding", "gzip, zstd");
  return response;
}

bool has_no_body(int status) { return status < 200 || status == 204 || status == 304; }

// Set by the server alone: they say how the message is framed.
bool is_framing(std::string_view name) {
  constexpr std::array<std::string_view, 5> kFraming = {"Connection", "Content-Length", "Date",
                                                        "Transfer-Encoding", "Keep-Alive"};
  return std::ranges::any_of(
      kFraming, [name](std::string_view other) { return equals_ignoring_case(name, other); });
}

// Beast throws where a header is above 64 KiB.
constexpr std::size_t kMaxHeaderBytes = 8 << 10;

std::string one_line(std::string value) {
  std::ranges::replace_if(value, [](unsigned char c) { return c < 0x20 || c == 0x7f; }, ' ');
  return value;
}

void add_headers(const HttpServerOptions& options, const HeaderList& own, http::fields& fields) {
  for (const auto& [name, value] : own)
    if (!is_framing(name) && name.size() + value.size() <= kMaxHeaderBytes)
      fields.insert(name, one_line(value));
  for (const auto& [name, value] : options.headers)
    if (fields.count(name) == 0) fields.insert(name, value);
  fields.set(http::field::date,
             absl::FormatTime("%a, %d %b %Y %H:%M:%S GMT", absl::Now(), absl::UTCTimeZone()));
}

HttpResponse failed(const Exchange& exchange, const std::exception& error) {
  exchange.probe->failed(error);
  return error_response(500, "the server failed to handle this request",
                        "this is a fault of Weir; please report it");
}

}  // namespace

std::optional<HttpResponse> admit(const ExchangeContext& context, const Head& head,
                                  Exchange& exchange) {
  exchange.probe = &context.router.unrouted();
  exchange.head_only = head.method() == http::verb::head;
  if (auto refusal = refuse_ambiguous(head)) return refusal;
  auto target = parse_target(view(head.target()));
  if (!target)
    return error_response(400, target.error().message, "write it as /path?name=value, encoded");
  HttpRequest& request = exchange.request;
  request.path = std::move(target->path);
  request.query = std::move(target->query);
  const std::string_view method = view(head.method_string());
  request.method = exchange.head_only ? "GET" : std::string(method);
  copy_head(head, request);

  auto no_route = find_route(context, method, exchange);
  const Access access = exchange.route == nullptr ? Access::open : exchange.route->access;
  auto caller = check_access(context.options, access,
                             {.method = method,
                              .host = find(head, http::field::host),
                              .origin = find(head, http::field::origin),
                              .authorization = find(head, http::field::authorization)});
  if (!caller) {
    if (caller.error().status == 401) context.probe.unauthorized.add();
    return std::move(caller).error();
  }
  request.caller = *std::move(caller);
  if (no_route) return no_route;
  return check_encoding(head, exchange);
}

std::optional<HttpResponse> decode_body(const ExchangeContext& context, Exchange& exchange) {
  if (exchange.encoding == Encoding::identity) return std::nullopt;
  const std::size_t limit = context.options.max_body_bytes;
  auto decoded = decode(exchange.encoding, exchange.request.body, limit, exchange.claim);
  if (decoded) {
    exchange.request.body = *std::move(decoded);
    return std::nullopt;
  }
  switch (decoded.error()) {
    case DecodeFault::too_large:
      return error_response(413, fmt::format("the body is above {} bytes when decoded", limit),
                            "send it in smaller parts");
    case DecodeFault::memory_full: {
      context.probe.memory_full.add();
      return overloaded("too many request bodies are being handled");
    }
    case DecodeFault::corrupt:
      break;
  }
  return error_response(400, "the body is not what its Content-Encoding says, or is cut off",
                        "compress it again, or send it without Content-Encoding");
}

HttpResponse handle(const Exchange& exchange) {
  try {
    return exchange.route->handler(exchange.request);
  } catch (const std::exception& error) {
    return failed(exchange, error);
  }
}

std::optional<HttpResponse> start_sending(const Exchange& exchange,
                                          std::shared_ptr<EventStream> stream) {
  try {
    return exchange.route->stream(exchange.request, std::move(stream));
  } catch (const std::exception& error) {
    return failed(exchange, error);
  }
}

HttpResponse overloaded(std::string_view error) {
  HttpResponse response = error_response(429, error, "send it again after Retry-After seconds");
  response.headers.emplace_back("Retry-After", "1");
  return response;
}

Answer render(const ExchangeContext& context, const Exchange& exchange, HttpResponse response,
              bool keep_alive) {
  assert(response.status >= 200 && response.status <= 599);
  const auto took = std::chrono::steady_clock::now() - exchange.began;
  exchange.probe->answered(response.status, response.body.size(),
                           std::chrono::duration_cast<std::chrono::microseconds>(took).count());
  Answer answer;
  answer.version(11);
  answer.result(static_cast<unsigned>(response.status));
  add_headers(context.options, response.headers, answer);
  if (!response.content_type.empty())
    answer.set(http::field::content_type, one_line(std::move(response.content_type)));
  answer.keep_alive(keep_alive);
  if (has_no_body(response.status)) return answer;
  answer.content_length(response.body.size());
  if (!exchange.head_only) answer.body() = std::move(response.body);
  return answer;
}

Answer render_stream_head(const ExchangeContext& context, const Exchange& exchange) {
  const auto took = std::chrono::steady_clock::now() - exchange.began;
  exchange.probe->answered(200, 0,
                           std::chrono::duration_cast<std::chrono::microseconds>(took).count());
  Answer head;
  head.version(11);
  head.result(http::status::ok);
  add_headers(context.options, {}, head);
  head.set(http::field::content_type, "text/event-stream");
  head.keep_alive(false);
  return head;
}

}  // namespace weir::net
