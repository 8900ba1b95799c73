#include "tools/weir/kafka_settings.h"

#include "processors/net/secret.h"

namespace weir::cli {
namespace {

/// Kafka's names of topics, and so of what begins them.
constexpr std::string_view kNameCharacters =
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";
constexpr std::size_t kMaxPrefixBytes = 100;

void read_name(const config::Section& section, std::string_view key, std::string& name) {
  if (!section.string(key, name)) return;
  if (name.size() > kMaxPrefixBytes || name.find_first_not_of(kNameCharacters) != std::string::npos)
    section.refuse(key, "must be at most 100 letters, digits, dots, dashes and underscores");
}

void read_count(const config::Section& section, std::string_view key, std::int32_t& count) {
  std::int64_t value = count;
  if (!section.integer(key, value)) return;
  if (value < 1 || value > 16) return section.refuse(key, "must be from 1 to 16");
  count = static_cast<std::int32_t>(value);
}

/// A mapping of librdkafka's names to values.
void read_map(const config::Section& section, std::string_view key,
              std::map<std::string, std::string>& map) {
  const auto entries = section.section(key);
  if (!entries) return;
  for (const std::string& name : entries->keys()) {
    entries->string(name, map[name]);
    if (const auto good = runtime::check_client_setting(name); !good)
      entries->refuse(name, good.error().message);
  }
}

void read_timeouts(const config::Section& section, runtime::KafkaOptions& options) {
  // What brokers accept unless they are told otherwise.
  if (section.duration("session_timeout", options.session_timeout_us) &&
      (options.session_timeout_us < 6 * kSecondUs || options.session_timeout_us > 30 * kMinuteUs))
    section.refuse("session_timeout", "must be from 6s to 30m");
  if (section.duration("transaction_timeout", options.transaction_timeout_us) &&
      (options.transaction_timeout_us < kSecondUs ||
       options.transaction_timeout_us > 15 * kMinuteUs))
    section.refuse("transaction_timeout", "must be from 1s to 15m");
}

}  // namespace

KafkaSettings read_kafka(const config::Section& section) {
  KafkaSettings settings;
  section.string("bootstrap", settings.options.bootstrap);
  read_name(section, "prefix", settings.options.prefix);
  read_name(section, "instance", settings.instance);
  std::string results = "protobuf";
  if (section.string("results", results) && results != "protobuf" && results != "json")
    section.refuse("results", "must be protobuf or json");
  settings.json_results = results == "json";
  if (section.integer("standby", settings.standby) &&
      (settings.standby < 0 || settings.standby > 1))
    section.refuse("standby", "must be 0 or 1");
  read_count(section, "replication", settings.replication.replicas);
  read_count(section, "min_insync", settings.replication.min_insync);
  if (settings.replication.min_insync > settings.replication.replicas)
    section.refuse("min_insync", "must not be above replication");
  read_timeouts(section, settings.options);
  read_map(section, "client", settings.options.client);
  read_map(section, "secrets", settings.secrets);
  if (const auto secrets = section.section("secrets"))
    for (const auto& [name, reference] : settings.secrets)
      if (const auto good = net::Secret::check_reference(reference); !good)
        secrets->refuse(name, good.error().message);
  return settings;
}

Result<runtime::KafkaOptions> load_kafka_options(const KafkaSettings& settings) {
  runtime::KafkaOptions options = settings.options;
  for (const auto& [name, reference] : settings.secrets) {
    const auto secret = net::Secret::load(reference);
    if (!secret) return within("kafka.secrets." + name, secret.error());
    options.client[name] = secret->reveal();
  }
  return options;
}

}  // namespace weir::cli
