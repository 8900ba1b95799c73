#include "processors/net/access.h"

#include <algorithm>

#include <absl/strings/ascii.h>
#include <absl/strings/escaping.h>
#include <boost/asio/ip/address.hpp>

#include "processors/net/text.h"

namespace weir::net {
namespace {

constexpr std::size_t kMinTokenBytes = 16;

std::optional<boost::asio::ip::address> parse_address(std::string_view text) {
  boost::system::error_code error;
  auto address = boost::asio::ip::make_address(text, error);
  if (error) return std::nullopt;
  return address;
}

// "name", "[::1]" of "name:80", "[::1]:80"; what follows a stray colon stays.
std::string_view without_port(std::string_view host) {
  const std::size_t colon = host.rfind(':');
  if (colon == std::string_view::npos || host.find(']', colon) != std::string_view::npos)
    return host;
  return host.substr(0, colon);
}

bool is_known_host(const HttpServerOptions& options, std::string_view host) {
  std::string_view name = without_port(host);
  if (name.starts_with('[') && name.ends_with(']')) name = name.substr(1, name.size() - 2);
  if (equals_ignoring_case(name, "localhost") || parse_address(name)) return true;
  return std::ranges::any_of(
      options.hosts, [&](const std::string& known) { return equals_ignoring_case(known, name); });
}

// An origin is "scheme://authority"; "null" is nobody's.
bool is_own_origin(std::string_view origin, std::string_view host) {
  const std::size_t authority = origin.find("://");
  return authority != std::string_view::npos &&
         equals_ignoring_case(origin.substr(authority + 3), host);
}

// The token of "Bearer TOKEN", or, where a password will do, of "Basic base64(user:TOKEN)".
std::optional<std::string> presented_token(std::string_view authorization, bool or_password) {
  const std::size_t space = authorization.find(' ');
  if (space == std::string_view::npos) return std::nullopt;
  const std::string_view scheme = authorization.substr(0, space);
  const std::size_t begin = authorization.find_first_not_of(' ', space);
  if (begin == std::string_view::npos) return std::nullopt;
  const std::string_view value = authorization.substr(begin);
  if (equals_ignoring_case(scheme, "Bearer")) return std::string(value);
  if (!or_password || !equals_ignoring_case(scheme, "Basic")) return std::nullopt;
  std::string decoded;
  if (!absl::Base64Unescape({value.data(), value.size()}, &decoded)) return std::nullopt;
  const std::size_t colon = decoded.find(':');
  if (colon == std::string::npos) return std::nullopt;
  return decoded.substr(colon + 1);
}

HttpResponse unauthorized(Access access) {
  const bool read = access == Access::read;
  HttpResponse response = error_response(
      401, read ? "the read token is missing or wrong" : "the write token is missing or wrong",
      "send 'Authorization: Bearer TOKEN' with the token that the server's configuration names");
  response.headers.emplace_back("WWW-Authenticate", "Bearer realm=\"weir\"");
  if (read) response.headers.emplace_back("WWW-Authenticate", "Basic realm=\"weir\"");
  return response;
}

std::optional<HttpResponse> refuse_foreign_page(const HttpServerOptions& options,
                                                const Credentials& credentials) {
  if (!options.tls && credentials.host && !is_known_host(options, *credentials.host))
    return error_response(403, "this server does not go by the name in the Host header",
                          "call it by its IP address or localhost, or add the name to http.hosts");
  const bool changes = credentials.method != "GET" && credentials.method != "HEAD";
  if (changes && credentials.origin &&
      !is_own_origin(*credentials.origin, credentials.host.value_or("")))
    return error_response(403, "a page of another origin may not write here",
                          "send this request from a program, or from this server's own page");
  return std::nullopt;
}

Result<void> check_token(std::string_view name, const Secret& token) {
  const bool visible =
      std::ranges::all_of(token.reveal(), [](unsigned char c) { return absl::ascii_isgraph(c); });
  if (!token.empty() && (token.size() < kMinTokenBytes || !visible))
    return fail(ErrorCode::invalid_argument,
                "the {} token is not safe to use: it needs at least {} characters, all visible "
                "ASCII; make one with 'openssl rand -hex 32'",
                name, kMinTokenBytes);
  return {};
}

}  // namespace

bool is_loopback(std::string_view address) {
  const auto parsed = parse_address(address);
  return parsed && parsed->is_loopback();
}

Result<void> check_exposure(const Exposure& exposure) {
  if (!parse_address(exposure.address))
    return fail(ErrorCode::invalid_argument,
                "'{}' is not an IP address to listen on; write one like 127.0.0.1, [::1], or "
                "0.0.0.0 for all",
                exposure.address);
  if (is_loopback(exposure.address) || exposure.insecure || (exposure.tls && exposure.tokens))
    return {};
  return fail(ErrorCode::invalid_argument,
              "'{}' can be reached from other machines: set http.tls and both http.tokens (write "
              "and read), or listen on 127.0.0.1, or write 'insecure: true' to let anybody in",
              exposure.address);
}

Result<void> check_options(const HttpServerOptions& options) {
  WEIR_TRY(check_exposure({.address = options.address,
                           .tls = options.tls.has_value(),
                           .tokens = !options.write_token.empty() && !options.read_token.empty(),
                           .insecure = options.insecure}));
  WEIR_TRY(check_token("write", options.write_token));
  WEIR_TRY(check_token("read", options.read_token));
  if (!options.write_token.empty() && options.write_token.reveal() == options.read_token.reveal())
    return fail(ErrorCode::invalid_argument,
                "the write and the read token are the same; make a second one with 'openssl rand "
                "-hex 32', so that who may look may not also write");
  if (options.workers == 0 || options.queue == 0 || options.max_connections == 0)
    return fail(ErrorCode::invalid_argument,
                "http.workers, http.queue and http.max_connections must be at least 1");
  return {};
}

std::expected<std::string, HttpResponse> check_access(const HttpServerOptions& options,
                                                      Access access,
                                                      const Credentials& credentials) {
  const Secret& wanted = access == Access::write ? options.write_token : options.read_token;
  if (access == Access::open || wanted.empty()) {
    if (auto refusal = refuse_foreign_page(options, credentials))
      return std::unexpected(*std::move(refusal));
    return "";
  }
  const bool read = access == Access::read;
  const auto token = presented_token(credentials.authorization.value_or(""), read);
  if (!token || !wanted.matches(*token)) return std::unexpected(unauthorized(access));
  return read ? "read" : "write";
}

}  // namespace weir::net
