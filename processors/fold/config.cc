#include "processors/fold/config.h"

namespace weir::fold {
namespace {

constexpr DurationUs kMaxDedupHorizonUs = 7 * kDayUs;

void add_window(v1::ScopeDefinition& scope, const windows::Window& window) {
  v1::WindowDefinition& definition = *scope.add_window();
  definition.set_length_us(window.length_us);
  definition.set_hop_us(window.hop_us);
}

void add_default_windows(v1::ScopeDefinition& scope) {
  add_window(scope, {kMinuteUs, 10 * kSecondUs});
  add_window(scope, {5 * kMinuteUs, 10 * kSecondUs});
  add_window(scope, {kHourUs, kMinuteUs});
}

void add_every_sketch(v1::ScopeDefinition& scope) {
  for (std::size_t i = 0; i < aggregates::kDurations; ++i)
    scope.add_sketch(std::string(aggregates::to_string(static_cast<aggregates::Duration>(i))));
}

void read_distinct(const config::Section& section, v1::ScopeDefinition& scope) {
  std::vector<std::string> names;
  section.strings("distinct", names);
  for (const std::string& name : names) {
    if (name == "users") {
      scope.set_distinct_users(true);
    } else if (name == "tenants") {
      scope.set_distinct_tenants(true);
    } else {
      section.refuse("distinct", fmt::format("'{}' is not counted; one of users, tenants", name));
    }
  }
}

std::vector<windows::Tier> tiers_of(const v1::Definitions& definitions) {
  std::vector<windows::Tier> tiers;
  for (const v1::TierDefinition& tier : definitions.tier())
    tiers.push_back({tier.span_us(), tier.lateness_us()});
  return tiers;
}

/// False where they do not fit the tiers. That is said where they stand; where they are the
/// defaults, where their scope does.
bool check_windows(const config::Section& section, const v1::ScopeDefinition& scope,
                   const v1::Definitions& definitions) {
  std::vector<windows::Window> windows;
  for (const v1::WindowDefinition& window : scope.window())
    windows.push_back({window.length_us(), window.hop_us()});
  const auto plan = windows::WindowPlan::make(std::move(windows), tiers_of(definitions));
  if (!plan) section.refuse("windows", plan.error().message);
  return plan.has_value();
}

v1::ScopeDefinition read_scope(const config::Section& section) {
  v1::ScopeDefinition scope;
  section.require("dimensions", "dimensions: [service, model]");
  std::vector<aggregates::Dimension> dimensions;
  section.list("dimensions", dimensions, aggregates::parse_dimension);
  for (const auto dimension : dimensions)
    scope.add_dimension(std::string(aggregates::to_string(dimension)));

  std::vector<windows::Window> windows;
  if (section.list("windows", windows, windows::parse_window)) {
    for (const windows::Window& window : windows) add_window(scope, window);
  } else {
    add_default_windows(scope);
  }
  std::vector<aggregates::Duration> sketches;
  if (section.list("sketches", sketches, aggregates::parse_duration_name)) {
    for (const auto sketch : sketches) scope.add_sketch(std::string(aggregates::to_string(sketch)));
  } else {
    add_every_sketch(scope);
  }
  read_distinct(section, scope);
  return scope;
}

/// What is wrong with the rules as a whole begins with a key's name, or is about a scope.
void refuse(const config::Section& section, std::string_view message) {
  constexpr std::string_view kOrder = "out_of_orderness";
  if (message.starts_with(kOrder))
    section.refuse(kOrder, message.substr(kOrder.size() + 2));
  else
    section.refuse("scopes", message);
}

/// False where it is wrong.
bool read_lateness(const config::Section& section, v1::Definitions& definitions) {
  const auto lateness = section.section("lateness");
  if (!lateness) return true;
  for (v1::TierDefinition& tier : *definitions.mutable_tier()) {
    DurationUs late = tier.lateness_us();
    lateness->duration(format_duration(tier.span_us()), late);
    tier.set_lateness_us(late);
  }
  const DurationUs finest_us = definitions.tier(0).span_us();
  const auto checked = windows::WindowPlan::make({{finest_us, finest_us}}, tiers_of(definitions));
  if (!checked) section.refuse("lateness", checked.error().message);
  return checked.has_value();
}

/// False where one does not fit the tiers.
bool read_scopes(const config::Section& section, v1::Definitions& definitions) {
  const std::vector<config::Section> scopes = section.sections("scopes");
  if (!scopes.empty()) definitions.clear_scope();
  bool good = true;
  for (const config::Section& scope : scopes) {
    *definitions.add_scope() = read_scope(scope);
    good = check_windows(scope, *definitions.scope().rbegin(), definitions) && good;
  }
  return good;
}

void read_unrated(const config::Section& section, v1::Definitions& definitions) {
  std::vector<std::size_t> unrated;
  if (!section.list("unrated", unrated, aggregates::parse_status)) return;
  definitions.clear_unrated_status();
  for (const std::size_t status : unrated)
    definitions.add_unrated_status(std::string(aggregates::status_name(status)));
}

}  // namespace

v1::Definitions default_definitions() {
  v1::Definitions definitions;
  const std::vector<std::vector<std::string>> scopes = {
      {"service"}, {"service", "model"}, {"tenant"}};
  for (const auto& dimensions : scopes) {
    v1::ScopeDefinition& scope = *definitions.add_scope();
    for (const std::string& dimension : dimensions) scope.add_dimension(dimension);
    add_default_windows(scope);
    add_every_sketch(scope);
  }
  for (const windows::Tier& tier : windows::default_tiers()) {
    v1::TierDefinition& definition = *definitions.add_tier();
    definition.set_span_us(tier.span_us);
    definition.set_lateness_us(tier.lateness_us);
  }
  definitions.add_unrated_status("client_error");
  definitions.add_unrated_status("cancelled");
  definitions.set_out_of_orderness_us(5 * kSecondUs);
  return definitions;
}

Config read_config(const config::Section& section) {
  Config config;
  config.definitions = default_definitions();
  if (section.duration("dedup_horizon", config.dedup_horizon_us) &&
      (config.dedup_horizon_us == 0 || config.dedup_horizon_us > kMaxDedupHorizonUs))
    section.refuse("dedup_horizon", fmt::format("must be above 0s and at most {}",
                                                format_duration(kMaxDedupHorizonUs)));
  DurationUs out_of_orderness_us = config.definitions.out_of_orderness_us();
  section.duration("out_of_orderness", out_of_orderness_us);
  config.definitions.set_out_of_orderness_us(out_of_orderness_us);
  read_unrated(section, config.definitions);
  if (!read_lateness(section, config.definitions) || !read_scopes(section, config.definitions))
    return config;
  if (const auto checked = aggregates::Definitions::make(config.definitions); !checked)
    refuse(section, checked.error().message);
  return config;
}

}  // namespace weir::fold
