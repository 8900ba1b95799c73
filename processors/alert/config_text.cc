#include <fmt/ranges.h>

#include "processors/alert/config.h"

namespace weir::alert {
namespace {

/// A double-quoted scalar of YAML.
std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (static_cast<unsigned char>(c) < 0x20) {
      out += fmt::format("\\x{:02x}", c);
    } else {
      if (c == '"' || c == '\\') out += '\\';
      out += c;
    }
  }
  return out + '"';
}

std::string list(const std::vector<std::string>& texts) {
  std::vector<std::string> items;
  for (const std::string& each : texts) items.push_back(quoted(each));
  return fmt::format("[{}]", fmt::join(items, ", "));
}

std::string list(const std::vector<labels::Matcher>& matchers) {
  std::vector<std::string> texts;
  for (const labels::Matcher& each : matchers) texts.push_back(each.text());
  return list(texts);
}

/// `mark`: what stands between two keys.
std::string grouping_text(const Grouping& grouping, std::string_view mark) {
  return fmt::format("group_by: {1}{0}group_wait: {2}{0}group_interval: {3}{0}repeat_interval: {4}",
                     mark, list(grouping.group_by), format_duration(grouping.wait_us),
                     format_duration(grouping.interval_us), format_duration(grouping.repeat_us));
}

std::string route_text(const Route& route) {
  return fmt::format("  - {{match: {}, receivers: {}, {}, continue: {}}}\n", list(route.matchers),
                     list(route.receivers), grouping_text(route.grouping, ", "), route.go_on);
}

std::string inhibition_text(const Inhibition& rule) {
  return fmt::format("  - {{source: {}, target: {}{}}}\n", list(rule.source), list(rule.target),
                     rule.equal ? ", equal: " + list(*rule.equal) : "");
}

/// A key whose value is one line for each of what it lists.
template <class Items, class Text>
std::string block(std::string_view key, const Items& items, Text text_of) {
  if (items.empty()) return fmt::format("{}: []\n", key);
  std::string text = fmt::format("{}:\n", key);
  for (const auto& each : items) text += text_of(each);
  return text;
}

}  // namespace

std::string to_text(const Config& config) {
  std::string text = fmt::format("receivers: {}\n", list(config.receivers));
  if (!config.page_url.empty()) text += fmt::format("page: {}\n", quoted(config.page_url));
  text += grouping_text(config.grouping, "\n") + "\n";
  text += block("routes", config.routes, route_text);
  text += block("inhibit", config.inhibit, inhibition_text);
  text += fmt::format("keep_firing_for: {}\n", format_duration(config.keep_firing_us));
  text += fmt::format("flapping: {{changes: {}, within: {}, hold: {}}}\n", config.flapping.changes,
                      format_duration(config.flapping.within_us),
                      format_duration(config.flapping.hold_us));
  text += fmt::format(
      "storm: {{per_hour: {}, digest_every: {}, groups_at_once: {}, backlog_after: {}}}\n",
      config.storm.per_hour, format_duration(config.storm.digest_every_us),
      config.storm.groups_at_once, format_duration(config.storm.backlog_after_us));
  text += block("annotations", config.annotations, [](const Annotation& each) {
    return fmt::format("  {}: {}\n", quoted(each.name), quoted(each.text.text()));
  });
  return text + fmt::format("max_alerts: {}\n", config.max_alerts);
}

}  // namespace weir::alert
