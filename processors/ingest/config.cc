#include "processors/ingest/config.h"

#include "processors/net/secret.h"

namespace weir::ingest {

Config read_config(const config::Section& section) {
  Config config;
  section.boolean("error_detail", config.error_detail);
  section.parsed("user_key", config.user_key, net::Secret::check_reference,
                 "file:PATH or env:NAME");
  return config;
}

Result<IntakeRules> make_rules(const Config& config, const std::string& directory) {
  if (config.user_key.empty()) {
    WEIR_ASSIGN(const UserKey key, UserKey::load_or_make(directory + "/user.key"));
    return IntakeRules{key, config.error_detail};
  }
  WEIR_ASSIGN(const net::Secret secret, net::Secret::load(config.user_key));
  const auto key = UserKey::parse(secret.reveal());
  if (!key) return within(config.user_key, key.error());
  return IntakeRules{*key, config.error_detail};
}

}  // namespace weir::ingest
