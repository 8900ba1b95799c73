#include "processors/net/http_client.h"

#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstring>

#include <curl/curl.h>

#include "processors/core/text.h"
#include "processors/net/address.h"
#include "processors/net/text.h"

namespace weir::net {
namespace {

constexpr std::size_t kMaxHeaderBytes = 64 << 10;

template <auto close>
struct Closer {
  template <class T>
  void operator()(T* what) const {
    close(what);
  }
};
using Easy = std::unique_ptr<CURL, Closer<curl_easy_cleanup>>;
using Url = std::unique_ptr<CURLU, Closer<curl_url_cleanup>>;
using List = std::unique_ptr<curl_slist, Closer<curl_slist_free_all>>;

/// A part of a URL; empty where it has none.
std::string part_of(const Url& url, CURLUPart part) {
  char* text = nullptr;
  if (curl_url_get(url.get(), part, &text, 0) != CURLUE_OK) return {};
  std::string value(text);
  curl_free(text);
  return value;
}

Url parse_url(std::string_view text) {
  Url url(curl_url());
  const auto set = [&](const std::string& whole) {
    return curl_url_set(url.get(), CURLUPART_URL, whole.c_str(), CURLU_NON_SUPPORT_SCHEME);
  };
  return url && set(std::string(text)) == CURLUE_OK ? std::move(url) : nullptr;
}

std::string origin_of(const Url& url) {
  const std::string port = part_of(url, CURLUPART_PORT);
  return fmt::format("{}://{}{}{}", part_of(url, CURLUPART_SCHEME), part_of(url, CURLUPART_HOST),
                     port.empty() ? "" : ":", port);
}

bool has_control(std::string_view text) {
  return std::ranges::any_of(
      text, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
}

boost::asio::ip::address address_in(const curl_sockaddr& where) {
  if (where.family == AF_INET) {
    sockaddr_in v4{};
    std::memcpy(&v4, &where.addr, sizeof v4);
    return boost::asio::ip::address_v4(ntohl(v4.sin_addr.s_addr));
  }
  sockaddr_in6 v6{};
  std::memcpy(&v6, &where.addr, std::min<std::size_t>(where.addrlen, sizeof v6));
  boost::asio::ip::address_v6::bytes_type bytes;
  std::memcpy(bytes.data(), &v6.sin6_addr, bytes.size());
  return boost::asio::ip::address_v6(bytes);
}

void initialize_curl() {
  static const CURLcode done = curl_global_init(CURL_GLOBAL_DEFAULT);
  (void)done;
}

/// What the callbacks of one exchange know.
struct Exchange {
  const HttpClientOptions* options = nullptr;
  const std::stop_token* stop = nullptr;
  ClientResponse response;
  std::size_t header_bytes = 0;
  std::string refused;  // the address that is not public
};

curl_socket_t open_socket(void* self, curlsocktype /*purpose*/, curl_sockaddr* where) {
  auto& exchange = *static_cast<Exchange*>(self);
  const bool internet = where->family == AF_INET || where->family == AF_INET6;
  if (!exchange.options->allow_private && (!internet || !is_public(address_in(*where)))) {
    exchange.refused = internet ? address_in(*where).to_string() : "a local socket";
    return CURL_SOCKET_BAD;
  }
  return socket(where->family, where->socktype | SOCK_CLOEXEC, where->protocol);
}

std::size_t take_body(const char* data, std::size_t size, std::size_t count, void* self) {
  auto& exchange = *static_cast<Exchange*>(self);
  std::string& body = exchange.response.body;
  const std::size_t room = exchange.options->max_response_bytes - body.size();
  body.append(data, std::min(size * count, room));
  exchange.response.cut = size * count > room;
  return exchange.response.cut ? 0 : size * count;
}

std::size_t take_header(const char* data, std::size_t size, std::size_t count, void* self) {
  auto& exchange = *static_cast<Exchange*>(self);
  std::string_view line(data, size * count);
  exchange.header_bytes += line.size();
  if (exchange.header_bytes > kMaxHeaderBytes) return 0;
  if (line.starts_with("HTTP/")) exchange.response.headers.clear();  // "100 Continue" came before
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos) return size * count;
  const auto trimmed = [](std::string_view text) {
    const std::size_t first = std::min(text.find_first_not_of(" \t"), text.size());
    const std::size_t last = text.find_last_not_of(" \t\r\n");
    return std::string(text.substr(first, last == std::string_view::npos ? 0 : last + 1 - first));
  };
  exchange.response.headers.emplace_back(line.substr(0, colon), trimmed(line.substr(colon + 1)));
  return size * count;
}

int watch(void* self, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
  return static_cast<const Exchange*>(self)->stop->stop_requested() ? 1 : 0;
}

std::unexpected<Error> not_to_be_sent(std::string_view why) {
  return fail(ErrorCode::invalid_argument, "the request cannot be sent: {}", why);
}

Result<List> header_list(const ClientRequest& request) {
  List list;
  const auto add = [&list](const std::string& line) {
    list.reset(curl_slist_append(list.release(), line.c_str()));
  };
  add("Expect:");  // no pause before a larger body
  for (const auto& [name, value] : request.headers) {
    if (name.empty() || name.find(':') != std::string::npos || has_control(name) ||
        has_control(value))
      return not_to_be_sent("a header has a control character, or no name");
    add(value.empty() ? name + ";" : name + ": " + value);
  }
  return list;
}

}  // namespace

std::optional<std::string_view> ClientResponse::header(std::string_view name) const {
  const auto found = std::ranges::find_if(
      headers, [name](const auto& each) { return equals_ignoring_case(each.first, name); });
  if (found == headers.end()) return std::nullopt;
  return found->second;
}

Result<std::string> check_url(std::string_view text) {
  const Url url = has_control(text) ? nullptr : parse_url(text);
  if (!url || part_of(url, CURLUPART_HOST).empty())
    return fail(ErrorCode::invalid_argument,
                "is no URL; write it whole, like https://hooks.example.com/weir");
  const std::string scheme = part_of(url, CURLUPART_SCHEME);
  if (scheme != "http" && scheme != "https")
    return fail(ErrorCode::invalid_argument, "must be a URL of http or https, and not of {}",
                quote(scheme));
  if (!part_of(url, CURLUPART_USER).empty() || !part_of(url, CURLUPART_PASSWORD).empty())
    return fail(ErrorCode::invalid_argument,
                "must not hold a user or a password; give a token apart");
  return std::string(text);
}

std::string origin_of(std::string_view text) {
  const Url url = parse_url(text);
  return url ? origin_of(url) : "?";
}

class HttpClient::Impl {
 public:
  explicit Impl(HttpClientOptions options) : options_(std::move(options)) {
    initialize_curl();
    easy_.reset(curl_easy_init());
  }

  Result<ClientResponse> send(const ClientRequest& request, const std::stop_token& stop);

 private:
  template <class T>
  void set(CURLoption option, T value) {
    curl_easy_setopt(easy_.get(), option, value);
  }
  void set_rules();
  void set_exchange(Exchange& exchange);
  void set_request(const ClientRequest& request);
  Result<ClientResponse> outcome(CURLcode code, const ClientRequest& request, Exchange& exchange);

  const HttpClientOptions options_;
  Easy easy_;
  std::array<char, CURL_ERROR_SIZE> error_ = {};
};

/// What holds for every request.
void HttpClient::Impl::set_rules() {
  set(CURLOPT_PROTOCOLS_STR, "http,https");
  set(CURLOPT_FOLLOWLOCATION, 0L);
  set(CURLOPT_PROXY, "");
  set(CURLOPT_NETRC, static_cast<long>(CURL_NETRC_IGNORED));
  set(CURLOPT_NOSIGNAL, 1L);
  set(CURLOPT_SSL_VERIFYPEER, 1L);
  set(CURLOPT_SSL_VERIFYHOST, 2L);
  set(CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  set(CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
  if (!options_.ca_file.empty()) {
    set(CURLOPT_CAINFO, options_.ca_file.c_str());
    set(CURLOPT_CAPATH, static_cast<char*>(nullptr));
  }
  set(CURLOPT_TIMEOUT_MS, static_cast<long>(std::max<DurationUs>(1, options_.deadline_us / 1000)));
  set(CURLOPT_ERRORBUFFER, error_.data());
}

void HttpClient::Impl::set_exchange(Exchange& exchange) {
  set(CURLOPT_OPENSOCKETFUNCTION, &open_socket);
  set(CURLOPT_OPENSOCKETDATA, &exchange);
  set(CURLOPT_WRITEFUNCTION, &take_body);
  set(CURLOPT_WRITEDATA, &exchange);
  set(CURLOPT_HEADERFUNCTION, &take_header);
  set(CURLOPT_HEADERDATA, &exchange);
  set(CURLOPT_NOPROGRESS, 0L);
  set(CURLOPT_XFERINFOFUNCTION, &watch);
  set(CURLOPT_XFERINFODATA, &exchange);
}

void HttpClient::Impl::set_request(const ClientRequest& request) {
  set(CURLOPT_URL, request.url.c_str());
  if (!request.body.empty() || request.method == "POST" || request.method == "PUT") {
    set(CURLOPT_POST, 1L);
    set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body.size()));
    set(CURLOPT_POSTFIELDS, request.body.data());
  }
  if (request.method == "HEAD") set(CURLOPT_NOBODY, 1L);
  set(CURLOPT_CUSTOMREQUEST, request.method.c_str());
}

Result<ClientResponse> HttpClient::Impl::send(const ClientRequest& request,
                                              const std::stop_token& stop) {
  if (!easy_) return fail(ErrorCode::exhausted, "there is no memory for an HTTP client");
  if (const auto good = check_url(request.url); !good)
    return not_to_be_sent("its URL " + good.error().message);
  if (request.method.empty() ||
      !std::ranges::all_of(request.method, [](char c) { return c >= 'A' && c <= 'Z'; }))
    return not_to_be_sent("its method is none");
  WEIR_ASSIGN(const List headers, header_list(request));
  Exchange exchange{.options = &options_, .stop = &stop, .response = {}, .refused = {}};
  curl_easy_reset(easy_.get());  // of its options; connections stay
  set_rules();
  set_exchange(exchange);
  set_request(request);
  set(CURLOPT_HTTPHEADER, headers.get());
  error_[0] = '\0';
  return outcome(curl_easy_perform(easy_.get()), request, exchange);
}

Result<ClientResponse> HttpClient::Impl::outcome(CURLcode code, const ClientRequest& request,
                                                 Exchange& exchange) {
  const std::string origin = net::origin_of(request.url);
  if (code == CURLE_OK || (code == CURLE_WRITE_ERROR && exchange.response.cut)) {
    long status = 0;
    curl_easy_getinfo(easy_.get(), CURLINFO_RESPONSE_CODE, &status);
    exchange.response.status = static_cast<int>(status);
    return std::move(exchange.response);
  }
  if (!exchange.refused.empty())
    return fail(ErrorCode::invalid_argument,
                "{}: is at {}, which is no address of the public internet; where that is meant, "
                "allow private addresses for it",
                origin, exchange.refused);
  if (code == CURLE_ABORTED_BY_CALLBACK) return fail(ErrorCode::stopped, "{}: stopped", origin);
  if (code == CURLE_OPERATION_TIMEDOUT)
    return fail(ErrorCode::io, "{}: no whole answer within {}", origin,
                format_duration(options_.deadline_us));
  if (exchange.header_bytes > kMaxHeaderBytes)
    return fail(ErrorCode::io, "{}: answers with more than {} bytes of headers", origin,
                kMaxHeaderBytes);
  return fail(ErrorCode::io, "{}: {}", origin,
              error_[0] != '\0' ? error_.data() : curl_easy_strerror(code));
}

HttpClient::HttpClient(HttpClientOptions options)
    : impl_(std::make_unique<Impl>(std::move(options))) {}
HttpClient::~HttpClient() = default;

Result<ClientResponse> HttpClient::send(const ClientRequest& request, const std::stop_token& stop) {
  return impl_->send(request, stop);
}

}  // namespace weir::net
