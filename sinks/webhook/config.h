// Who is told of alerts, and how: the `webhook:` section of a configuration. Plain values;
// thread-safe once read. Reading resolves no secret, so a configuration can be checked where its
// secrets are not.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "processors/config/document.h"
#include "processors/core/time.h"
#include "processors/net/secret.h"

namespace weir::webhook {

enum class ReceiverType : std::uint8_t { alertmanager, pagerduty, slack, generic, webhook_v4 };
/// "webhook_v4". Parsing: invalid_argument, with all there are.
std::string to_string(ReceiverType type);
Result<ReceiverType> parse_receiver_type(std::string_view text);

struct ReceiverConfig {
  std::string name;  // a-z 0-9 _ -
  ReceiverType type = ReceiverType::generic;
  /// A URL, or where it stands if it is secret (Slack's is): env:NAME or file:PATH. Alertmanager's
  /// is the one before /api/v2; PagerDuty's has a default.
  std::string url;
  std::string key;                   // reference; PagerDuty's routing key
  std::string token;                 // reference; sent as "Authorization: Bearer TOKEN"
  std::vector<std::string> secrets;  // references; each signs, the first is the newest
  std::string ca_file;               // PEM; empty: the system's authorities
  /// Connect to loopback and private networks, too: right for what you run yourself. Otherwise a
  /// URL that somebody else chose could reach into your network. Without it a URL with such an
  /// address (or localhost) is refused when it is read; a name, when it is connected to.
  bool allow_private = false;
  DurationUs timeout_us = 10 * kSecondUs;  // of one attempt; at most 20 s

  /// What has waited longer is folded into the next of its group, the last state of each alert
  /// only. Longer: more of the history after an outage of the receiver; shorter: fewer messages.
  DurationUs coalesce_after_us = 2 * kMinuteUs;
  /// What could not be delivered for so long goes to the dead letters. Until then the log keeps it.
  DurationUs give_up_after_us = 3 * kDayUs;

  /// Alertmanager: how often it is told again of what fires, and when it takes an alert for ended
  /// that it is not told of any more. Longer: an outage of Weir ends nothing falsely; shorter: what
  /// Weir takes with it disappears sooner.
  DurationUs resend_us = kMinuteUs;
  DurationUs expire_after_us = 15 * kMinuteUs;
};

struct Config {
  std::vector<ReceiverConfig> receivers;
};

/// What is wrong is recorded in the section's document.
///
///   webhook:
///     receivers:
///       - {name: oncall, type: pagerduty, key: env:PAGERDUTY_KEY}
///       - {name: chat, type: slack, url: file:/run/secrets/slack-url}
///       - {name: alertmanager, type: alertmanager, url: http://127.0.0.1:9093,
///          allow_private: true, resend: 1m, expire_after: 15m}
///       - {name: bot, type: generic, url: https://bot.example.com/x, secrets: [env:NEW, env:OLD],
///          token: env:TOKEN, ca_file: ca.pem, timeout: 10s, coalesce_after: 2m,
///          give_up_after: 3d}
Config read_config(const config::Section& section);

/// What a receiver's references stand for.
struct ReceiverSecrets {
  std::string url;
  net::Secret key;
  net::Secret token;
  std::vector<net::Secret> secrets;  // as net::webhook_key
  bool url_is_secret = false;        // it was a reference

  /// The text with every one of them replaced by "***"; of a secret URL also what was asked for,
  /// its path, its query, and their parts of 8 bytes and more, as answers quote them. To be called
  /// before the text is cut, or half of one is left.
  std::string hide_in(std::string text) const;
};

/// Errors: of Secret::load, net::check_url and net::webhook_key, and an address that needs
/// `allow_private`, with the receiver and the key.
Result<ReceiverSecrets> load_secrets(const ReceiverConfig& config);

}  // namespace weir::webhook
