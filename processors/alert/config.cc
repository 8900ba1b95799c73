#include "processors/alert/config.h"

#include <algorithm>
#include <set>

#include <fmt/ranges.h>

namespace weir::alert {
namespace {

constexpr std::int64_t kMaxAlerts = 5'000;
constexpr std::size_t kMaxNameBytes = 64;
constexpr std::string_view kNameCharacters =
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.";

Result<std::string> parse_receiver(std::string_view text) {
  if (text.empty() || text.size() > kMaxNameBytes ||
      text.find_first_not_of(kNameCharacters) != std::string_view::npos)
    return fail(ErrorCode::invalid_argument,
                "a receiver's name is 1 to 64 letters, digits, '-', '_' or '.'");
  return std::string(text);
}

void read_grouping(const config::Section& section, Grouping& grouping) {
  section.strings("group_by", grouping.group_by);
  std::ranges::sort(grouping.group_by);
  section.duration("group_wait", grouping.wait_us);
  section.duration("group_interval", grouping.interval_us);
  if (section.duration("repeat_interval", grouping.repeat_us) && grouping.repeat_us < kMinuteUs)
    section.refuse("repeat_interval", "must be at least 1m");
}

void read_receivers(const config::Section& section, std::vector<std::string>& receivers) {
  std::vector<std::string> named;
  if (!section.list("receivers", named, parse_receiver) || named.empty()) return;
  const std::set<std::string> names(named.begin(), named.end());
  if (names.size() != named.size()) section.refuse("receivers", "a name stands there twice");
  receivers = std::move(named);
}

void read_names(const config::Section& section, const Config& config,
                std::vector<std::string>& names) {
  if (!section.list("receivers", names, parse_receiver)) return;
  for (const std::string& name : names)
    if (std::ranges::find(config.receivers, name) == config.receivers.end())
      section.refuse("receivers",
                     fmt::format("{} is none of the receivers; there {}; write it into "
                                 "alert.receivers, or, where that is left out or empty, into "
                                 "webhook.receivers",
                                 name,
                                 config.receivers.empty()
                                     ? "are none"
                                     : fmt::format("are {}", fmt::join(config.receivers, ", "))));
}

Route read_route(const config::Section& section, const Config& config) {
  Route route{.grouping = config.grouping};
  section.list("match", route.matchers, labels::Matcher::parse);
  section.require("receivers", "receivers: [oncall]");
  read_names(section, config, route.receivers);
  read_grouping(section, route.grouping);
  section.boolean("continue", route.go_on);
  return route;
}

Inhibition read_inhibition(const config::Section& section) {
  Inhibition inhibition;
  section.require("source", "source: [severity=page]");
  section.require("target", "target: [severity=ticket]");
  section.list("source", inhibition.source, labels::Matcher::parse);
  section.list("target", inhibition.target, labels::Matcher::parse);
  if (section.has("equal")) section.strings("equal", inhibition.equal.emplace());
  return inhibition;
}

void read_flapping(const config::Section& section, Flapping& flapping) {
  if (section.integer("changes", flapping.changes) &&
      (flapping.changes < 0 || flapping.changes > 100))
    section.refuse("changes", "must be from 0 (never) to 100");
  section.duration("within", flapping.within_us);
  section.duration("hold", flapping.hold_us);
}

void read_storm(const config::Section& section, Storm& storm) {
  if (section.integer("per_hour", storm.per_hour) &&
      (storm.per_hour < 1 || storm.per_hour > 10'000))
    section.refuse("per_hour", "must be from 1 to 10000");
  if (section.duration("digest_every", storm.digest_every_us) && storm.digest_every_us < kSecondUs)
    section.refuse("digest_every", "must be at least 1s");
  if (section.integer("groups_at_once", storm.groups_at_once) && storm.groups_at_once < 1)
    section.refuse("groups_at_once", "must be at least 1");
  if (section.duration("backlog_after", storm.backlog_after_us) &&
      storm.backlog_after_us < kMinuteUs)
    section.refuse("backlog_after", "must be at least 1m: results are some seconds old anyway");
}

void read_annotations(const config::Section& section, std::vector<Annotation>& annotations) {
  for (const std::string& name : section.keys()) {
    Template text;
    if (!section.parsed(name, text, Template::parse, "a text with names like {{objective}}"))
      continue;
    std::erase_if(annotations, [&](const Annotation& each) { return each.name == name; });
    annotations.push_back({name, std::move(text)});
  }
}

void read_page(const config::Section& section, std::string& url) {
  if (!section.string("page", url)) return;
  if (!url.starts_with("http://") && !url.starts_with("https://"))
    section.refuse("page", "must begin with http:// or https://");
  while (url.ends_with('/')) url.pop_back();
}

}  // namespace

std::vector<Inhibition> Config::default_inhibition() {
  return {{.source = {*labels::Matcher::parse("severity=page")},
           .target = {*labels::Matcher::parse("severity=ticket"),
                      *labels::Matcher::parse("alertname!=ServiceSilent")}}};
}

Config read_config(const config::Section& section, std::vector<std::string> receivers) {
  Config config{.receivers = std::move(receivers)};
  read_receivers(section, config.receivers);
  read_page(section, config.page_url);
  read_grouping(section, config.grouping);
  for (const config::Section& route : section.sections("routes"))
    config.routes.push_back(read_route(route, config));
  if (section.has("inhibit")) {
    config.inhibit.clear();
    for (const config::Section& rule : section.sections("inhibit"))
      config.inhibit.push_back(read_inhibition(rule));
  }
  section.duration("keep_firing_for", config.keep_firing_us);
  if (const auto flapping = section.section("flapping")) read_flapping(*flapping, config.flapping);
  if (const auto storm = section.section("storm")) read_storm(*storm, config.storm);
  if (const auto texts = section.section("annotations"))
    read_annotations(*texts, config.annotations);
  if (section.integer("max_alerts", config.max_alerts) &&
      (config.max_alerts < 1 || config.max_alerts > kMaxAlerts))
    section.refuse("max_alerts", "must be from 1 to 5000: a digest lists all of them");
  return config;
}

}  // namespace weir::alert
