#include "processors/net/config.h"

#include <charconv>

#include "processors/net/access.h"

namespace weir::net {

Result<Listen> parse_listen(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  std::string_view host = text.substr(0, colon);
  const std::string_view digits = colon == std::string_view::npos ? "" : text.substr(colon + 1);
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  if (host == "localhost") host = "127.0.0.1";
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
  if (digits.empty() || error != std::errc{} || end != digits.data() + digits.size())
    return fail(ErrorCode::invalid_argument,
                "'{}' is no address and port to listen on; write one like 127.0.0.1:8080", text);
  return Listen{std::string(host), port};
}

std::string to_string(const Listen& listen) {
  const bool ipv6 = listen.address.find(':') != std::string::npos;
  return fmt::format("{}:{}", ipv6 ? '[' + listen.address + ']' : listen.address, listen.port);
}

namespace {

void read_tls(const config::Section& section, HttpServerOptions& options) {
  const auto tls = section.section("tls");
  if (!tls) return;
  options.tls.emplace();
  tls->require("certificate", "certificate: /etc/weir/server.pem");
  tls->string("certificate", options.tls->certificate);
  tls->require("key", "key: /etc/weir/server.key");
  tls->string("key", options.tls->key);
}

void read_tokens(const config::Section& section, Config& config) {
  const auto tokens = section.section("tokens");
  if (!tokens) return;
  tokens->parsed("write", config.write_token, Secret::check_reference);
  tokens->parsed("read", config.read_token, Secret::check_reference);
}

// A number that counts something: at least 1, at most a million.
void read_count(const config::Section& section, std::string_view key, std::size_t& value) {
  constexpr std::int64_t kMost = 1'000'000;
  std::int64_t number = 0;
  if (!section.integer(key, number)) return;
  if (number < 1 || number > kMost)
    section.refuse(key, fmt::format("must be from 1 to {}", kMost));
  else
    value = static_cast<std::size_t>(number);
}

void read_size(const config::Section& section, std::string_view key, std::size_t& value) {
  std::uint64_t bytes = value;
  if (section.bytes(key, bytes) && bytes == 0) section.refuse(key, "must be above 0");
  value = bytes;
}

void read_timeout(const config::Section& section, std::string_view key, DurationUs& value_us) {
  if (section.duration(key, value_us) && value_us < kMillisecondUs)
    section.refuse(key, "must be at least 1ms");
}

}  // namespace

Config read_config(const config::Section& section) {
  Config config;
  HttpServerOptions& options = config.options;
  Listen listen{options.address, options.port};
  section.parsed("listen", listen, parse_listen);
  options.address = listen.address;
  options.port = listen.port;
  read_tls(section, options);
  read_tokens(section, config);
  section.boolean("insecure", options.insecure);
  section.strings("hosts", options.hosts);
  read_count(section, "workers", options.workers);
  read_count(section, "queue", options.queue);
  read_count(section, "max_connections", options.max_connections);
  read_size(section, "max_body", options.max_body_bytes);
  read_size(section, "max_body_memory", options.max_body_memory_bytes);
  read_timeout(section, "header_timeout", options.header_timeout_us);
  read_timeout(section, "body_timeout", options.body_timeout_us);
  read_timeout(section, "idle_timeout", options.idle_timeout_us);
  read_timeout(section, "write_timeout", options.write_timeout_us);
  if (options.max_body_memory_bytes < options.max_body_bytes)
    section.refuse("max_body_memory", "must be at least max_body");
  const auto exposed =
      check_exposure({.address = options.address,
                      .tls = options.tls.has_value(),
                      .tokens = !config.write_token.empty() && !config.read_token.empty(),
                      .insecure = options.insecure});
  if (!exposed) section.refuse("listen", exposed.error().message);
  return config;
}

Result<HttpServerOptions> load_secrets(const Config& config) {
  HttpServerOptions options = config.options;
  const auto load = [](std::string_view key, const std::string& reference,
                       Secret& token) -> Result<void> {
    if (reference.empty()) return {};
    auto loaded = Secret::load(reference);
    if (!loaded) return within(key, loaded.error());
    token = *std::move(loaded);
    return {};
  };
  WEIR_TRY(load("http.tokens.write", config.write_token, options.write_token));
  WEIR_TRY(load("http.tokens.read", config.read_token, options.read_token));
  return options;
}

}  // namespace weir::net
