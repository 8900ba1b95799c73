#include "sinks/results/catalog.h"

#include <algorithm>

#include <fmt/ranges.h>

#include "sinks/results/record_scan.h"
#include "weir/v1/config.pb.h"

namespace weir::results {

using windows::Window;

Result<Catalog> Catalog::read(const runtime::Reader& log) {
  Catalog catalog;
  WEIR_TRY(scan_topic(log, kConfigTopic,
                      [&](std::int32_t, const runtime::Record& record) -> Result<bool> {
                        WEIR_TRY(catalog.take(record));
                        return true;
                      }));
  return catalog;
}

Result<void> Catalog::take(const runtime::Record& record) {
  v1::ConfigRecord config;
  WEIR_TRY(parse_record(record, config));
  if (!config.has_definitions()) return {};  // another processor's rules
  for (const v1::ScopeDefinition& scope : config.definitions().scope()) {
    std::set<Window>& windows = scopes_[{scope.dimension().begin(), scope.dimension().end()}];
    for (const v1::WindowDefinition& window : scope.window())
      windows.insert({window.length_us(), window.hop_us()});
  }
  const auto& statuses = config.definitions().unrated_status();
  last_unrated_ = {statuses.begin(), statuses.end()};
  unrated_[config.definitions_hash()] = last_unrated_;
  return {};
}

Result<Window> Catalog::find(const KpiQuery& query) const {
  if (scopes_.empty())
    return fail(ErrorCode::not_found, "scope: nothing was told yet; results come after events");
  const auto scope = scopes_.find(query.scope);
  if (scope == scopes_.end()) {
    std::vector<std::string> names;
    for (const auto& [name, windows] : scopes_) names.push_back(scope_text(name));
    return fail(ErrorCode::not_found, "scope: there is no {}; choose one of: {}",
                scope_text(query.scope), fmt::join(names, " | "));
  }
  std::vector<std::string> names;
  std::vector<Window> matching;
  for (const Window& window : scope->second) {
    names.push_back(windows::to_string(window));
    if (query.window == names.back() || query.window == format_duration(window.length_us))
      matching.push_back(window);
  }
  if (matching.size() == 1) return matching.front();
  return fail(matching.empty() ? ErrorCode::not_found : ErrorCode::invalid_argument,
              "window: {} has {} {}; choose one of: {}", scope_text(query.scope),
              matching.empty() ? "no" : "several", query.window, fmt::join(names, " "));
}

Result<KpiSelection> Catalog::select(const KpiQuery& query) const {
  WEIR_ASSIGN(const Window window, find(query));
  KpiSelection selection{.scope = query.scope,
                         .window = window,
                         .values = {},
                         .from_us = query.from_us,
                         .to_us = query.to_us,
                         .all = query.all};
  selection.values.resize(query.scope.size());
  for (const auto& [dimension, value] : query.where) {
    const auto found = std::ranges::find(query.scope, dimension);
    if (found == query.scope.end())
      return fail(ErrorCode::invalid_argument, "where: {} is no dimension of the scope {}",
                  dimension, scope_text(query.scope));
    selection.values[static_cast<std::size_t>(found - query.scope.begin())] = value;
  }
  return selection;
}

const std::vector<std::string>* Catalog::unrated(std::uint64_t definitions_hash) const {
  const auto found = unrated_.find(definitions_hash);
  return found == unrated_.end() ? nullptr : &found->second;
}

}  // namespace weir::results
