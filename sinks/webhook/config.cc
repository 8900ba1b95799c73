#include "sinks/webhook/config.h"

#include <algorithm>
#include <array>
#include <functional>
#include <iterator>
#include <set>

#include "processors/core/text.h"
#include "processors/net/address.h"
#include "processors/net/http_client.h"
#include "processors/net/text.h"
#include "processors/net/webhook_signature.h"

namespace weir::webhook {
namespace {

constexpr std::string_view kPagerDutyUrl = "https://events.pagerduty.com/v2/enqueue";
constexpr std::array<std::string_view, 5> kTypes = {"alertmanager", "pagerduty", "slack", "generic",
                                                    "webhook_v4"};
constexpr std::size_t kMaxNameBytes = 64;
/// On Kafka who is silent for longer loses its turn, and what it told would be told again.
constexpr DurationUs kLongestTimeoutUs = 20 * kSecondUs;

Result<std::string> parse_name(std::string_view text) {
  const auto allowed = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
  };
  if (text.empty() || text.size() > kMaxNameBytes || !std::ranges::all_of(text, allowed))
    return fail(ErrorCode::invalid_argument,
                "must be of at most {} characters of a-z 0-9 _ -, like on-call", kMaxNameBytes);
  return std::string(text);
}

bool is_reference(std::string_view text) {
  return text.starts_with("env:") || text.starts_with("file:");
}

Result<std::string> parse_url(std::string_view text) {
  return is_reference(text) ? net::Secret::check_reference(text) : net::check_url(text);
}

/// The name or address that a URL leads to; IPv6 without its brackets. Empty where it is no URL.
std::string host_of(std::string_view url) {
  std::string host = net::origin_of(url);
  const std::size_t scheme = host.find("://");
  host.erase(0, scheme == std::string::npos ? scheme : scheme + 3);
  const std::size_t colon = host.rfind(':');
  if (colon != std::string::npos && host.find(']', colon) == std::string::npos) host.resize(colon);
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  return host;
}

/// A name may lead anywhere, which the client looks at each time; an address says it now.
Result<void> check_reach(std::string_view url, bool allow_private) {
  const std::string host = host_of(url);
  boost::system::error_code no_address;
  const auto address = boost::asio::ip::make_address(host, no_address);
  const bool is_private =
      no_address ? net::equals_ignoring_case(host, "localhost") : !net::is_public(address);
  if (allow_private || !is_private) return {};
  return fail(ErrorCode::invalid_argument,
              "leads to {}, which is not on the public internet, so every attempt would be "
              "refused; where it is your own, write allow_private: true",
              host);
}

void read_duration(const config::Section& section, std::string_view key, DurationUs least,
                   DurationUs& value) {
  if (section.duration(key, value) && value < least)
    section.refuse(key, fmt::format("must be at least {}", format_duration(least)));
}

/// What only some types have.
void read_type_specific(const config::Section& section, ReceiverConfig& receiver) {
  if (receiver.type == ReceiverType::pagerduty) {
    section.require("key", "key: env:PAGERDUTY_KEY");
    section.parsed("key", receiver.key, net::Secret::check_reference);
    receiver.url = kPagerDutyUrl;
  } else {
    section.require("url", "url: https://hooks.example.com/weir");
  }
  section.parsed("url", receiver.url, parse_url);
  if (receiver.type == ReceiverType::generic || receiver.type == ReceiverType::webhook_v4)
    section.list("secrets", receiver.secrets, net::Secret::check_reference);
  if (receiver.type != ReceiverType::alertmanager) return;
  read_duration(section, "resend", kSecondUs, receiver.resend_us);
  read_duration(section, "expire_after", kSecondUs, receiver.expire_after_us);
  if (receiver.expire_after_us < 2 * receiver.resend_us)
    section.refuse("expire_after", "must be at least twice resend, or alerts end between the two");
}

ReceiverConfig read_receiver(const config::Section& section) {
  ReceiverConfig receiver;
  section.require("name", "name: on-call");
  section.parsed("name", receiver.name, parse_name);
  section.require("type", "type: slack");
  section.parsed("type", receiver.type, parse_receiver_type);
  read_type_specific(section, receiver);
  section.parsed("token", receiver.token, net::Secret::check_reference);
  section.string("ca_file", receiver.ca_file);
  section.boolean("allow_private", receiver.allow_private);
  if (const auto good = check_reach(receiver.url, receiver.allow_private); !good)
    section.refuse("url", good.error().message);
  read_duration(section, "timeout", kMillisecondUs, receiver.timeout_us);
  if (receiver.timeout_us > kLongestTimeoutUs)
    section.refuse("timeout",
                   fmt::format("must be at most {}", format_duration(kLongestTimeoutUs)));
  read_duration(section, "coalesce_after", 0, receiver.coalesce_after_us);
  read_duration(section, "give_up_after", kSecondUs, receiver.give_up_after_us);
  return receiver;
}

Result<net::Secret> load(const ReceiverConfig& config, std::string_view key,
                         const std::string& reference) {
  if (reference.empty()) return net::Secret();
  auto loaded = net::Secret::load(reference);
  if (!loaded)
    return within(fmt::format("webhook receiver {}: {}", config.name, key), loaded.error());
  return loaded;
}

void replace_all(std::string& text, const std::string& what) {
  if (what.empty()) return;
  for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + 3))
    text.replace(at, what.size(), "***");
}

/// What of a secret URL an answer may quote: what was asked for, its path, its query, where they
/// are not so short that other text has them, and each part that is long enough to be a secret.
std::vector<std::string> parts_of(std::string_view url) {
  constexpr std::size_t kLeastBytes = 4;
  constexpr std::size_t kLeastPartBytes = 8;
  std::string_view target = url.substr(0, url.find('#'));
  const std::size_t scheme = target.find("://");
  if (scheme != std::string_view::npos) target.remove_prefix(scheme + 3);
  target.remove_prefix(std::min(target.find_first_of("/?"), target.size()));
  const std::size_t mark = std::min(target.find('?'), target.size());
  std::vector<std::string> parts;
  const auto add = [&parts](std::string_view part, std::size_t least) {
    if (part.size() >= least) parts.emplace_back(part);
  };
  add(target, kLeastBytes);
  add(target.substr(0, mark), kLeastBytes);
  add(target.substr(std::min(mark + 1, target.size())), kLeastBytes);
  for (std::string_view rest = target; !rest.empty();) {
    const std::size_t end = std::min(rest.find_first_of("/?&="), rest.size());
    add(rest.substr(0, end), kLeastPartBytes);
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return parts;
}

}  // namespace

std::string to_string(ReceiverType type) {
  return std::string(kTypes[static_cast<std::size_t>(type)]);
}

Result<ReceiverType> parse_receiver_type(std::string_view text) {
  const auto found = std::ranges::find(kTypes, text);
  if (found == kTypes.end())
    return fail(ErrorCode::invalid_argument, "must be one of {}, and not {}",
                fmt::join(kTypes, ", "), quote(text));
  return static_cast<ReceiverType>(found - kTypes.begin());
}

Config read_config(const config::Section& section) {
  Config config;
  std::set<std::string> names;
  for (const config::Section& each : section.sections("receivers")) {
    config.receivers.push_back(read_receiver(each));
    const std::string& name = config.receivers.back().name;
    if (!name.empty() && !names.insert(name).second)
      each.refuse("name", "is the name of another receiver, too");
  }
  return config;
}

Result<ReceiverSecrets> load_secrets(const ReceiverConfig& config) {
  ReceiverSecrets secrets{.url = config.url};
  const auto within_it = [&](std::string_view key, const Error& error) {
    return within(fmt::format("webhook receiver {}: {}", config.name, key), error);
  };
  if (is_reference(config.url)) {
    WEIR_ASSIGN(const net::Secret url, load(config, "url", config.url));
    secrets.url = url.reveal();
    secrets.url_is_secret = true;
  }
  if (const auto good = net::check_url(secrets.url); !good) return within_it("url", good.error());
  if (const auto good = check_reach(secrets.url, config.allow_private); !good)
    return within_it("url", good.error());
  WEIR_ASSIGN(secrets.key, load(config, "key", config.key));
  WEIR_ASSIGN(secrets.token, load(config, "token", config.token));
  for (const std::string& reference : config.secrets) {
    WEIR_ASSIGN(const net::Secret text, load(config, "secrets", reference));
    auto key = net::webhook_key(text);
    if (!key) return within_it("secrets: " + reference, key.error());
    secrets.secrets.push_back(*std::move(key));
  }
  return secrets;
}

std::string ReceiverSecrets::hide_in(std::string text) const {
  std::vector<std::string> hidden = {key.reveal(), token.reveal()};
  for (const net::Secret& each : secrets) hidden.push_back(each.reveal());
  // A host is none, and says which it was.
  if (url != net::origin_of(url)) hidden.push_back(url);
  if (url_is_secret) std::ranges::move(parts_of(url), std::back_inserter(hidden));
  std::ranges::sort(hidden, std::ranges::greater{}, &std::string::size);  // the whole first
  for (const std::string& each : hidden) replace_all(text, each);
  return text;
}

}  // namespace weir::webhook
