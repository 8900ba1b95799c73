#include "processors/alert/routing.h"

#include <algorithm>

namespace weir::alert {
namespace {

std::string name_of(const Route& route) { return labels::to_text(route.matchers); }

void add(const std::vector<std::string>& receivers, const std::string& route,
         const Grouping& grouping, const labels::Labels& labels, std::vector<Target>& targets) {
  labels::Labels group;
  for (const std::string& name : grouping.group_by)
    group.emplace(name, std::string(labels::value_of(labels, name)));
  // As Alertmanager writes it, of routes one below the root.
  const std::string key =
      fmt::format("{{}}{}{}:{}", route.empty() ? "" : "/", route, labels::to_text(group));
  for (const std::string& receiver : receivers) {
    const GroupKey both{receiver, key};
    if (std::ranges::find(targets, both, &Target::key) == targets.end())
      targets.push_back({both, route, group});
  }
}

}  // namespace

std::vector<Target> targets_of(const Config& config, const v1::Alert& alert) {
  const labels::Labels labels = labels::read(alert.label());
  std::vector<Target> targets;
  std::vector<std::string> named;
  for (const std::string& name : alert.condition().notify())
    if (std::ranges::find(config.receivers, name) != config.receivers.end()) named.push_back(name);
  if (!named.empty()) {
    add(named, "", config.grouping, labels, targets);
    return targets;
  }
  bool matched = false;
  for (const Route& route : config.routes) {
    if (!labels::match_all(route.matchers, labels)) continue;
    matched = true;
    add(route.receivers, name_of(route), route.grouping, labels, targets);
    if (!route.go_on) break;
  }
  if (!matched) add(config.receivers, "", config.grouping, labels, targets);
  return targets;
}

const Grouping& grouping_of(const Config& config, std::string_view route) {
  const auto found = std::ranges::find(config.routes, route, name_of);
  return route.empty() || found == config.routes.end() ? config.grouping : found->grouping;
}

}  // namespace weir::alert
