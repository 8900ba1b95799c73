#include "tools/weir/kpi_results.h"

#include <algorithm>
#include <iterator>
#include <set>

#include <fmt/ranges.h>

#include "processors/graph.h"
#include "tools/weir/kpi_sum.h"
#include "tools/weir/record_scan.h"
#include "weir/v1/config.pb.h"

namespace weir::cli {
namespace {

using windows::Window;
using ScopeName = std::vector<std::string>;

std::string name_of(const ScopeName& scope) {
  return scope.empty() ? "*" : fmt::format("{}", fmt::join(scope, ","));
}

/// The scopes and windows that there are, by the configurations that the log has run under.
struct Catalog {
  std::map<ScopeName, std::set<Window>> scopes;
  std::map<std::uint64_t, std::vector<std::string>> unrated;

  static Result<Catalog> read(const runtime::Reader& log) {
    Catalog catalog;
    WEIR_TRY(scan_topic(log, topics::kConfig, [&](std::int32_t, const runtime::Record& record) {
      return catalog.take(record);
    }));
    return catalog;
  }

  Result<Window> find(const KpiQuery& query) const {
    const auto scope = scopes.find(query.scope);
    if (scope == scopes.end()) {
      std::vector<std::string> names;
      for (const auto& [name, windows] : scopes) names.push_back(name_of(name));
      return fail(ErrorCode::not_found, "--scope: there is no {}; choose one of: {}",
                  name_of(query.scope), fmt::join(names, " | "));
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
                "--window: {} has {} {}; choose one of: {}", name_of(query.scope),
                matching.empty() ? "no" : "several", query.window, fmt::join(names, " "));
  }

 private:
  Result<bool> take(const runtime::Record& record) {
    v1::ConfigRecord config;
    WEIR_TRY(parse_record(record, config));
    for (const v1::ScopeDefinition& scope : config.definitions().scope()) {
      std::set<Window>& windows = scopes[{scope.dimension().begin(), scope.dimension().end()}];
      for (const v1::WindowDefinition& window : scope.window())
        windows.insert({window.length_us(), window.hop_us()});
    }
    const auto& statuses = config.definitions().unrated_status();
    unrated[config.definitions_hash()] = {statuses.begin(), statuses.end()};
    return true;
  }
};

Result<KpiSelection> select(const KpiQuery& query, const Window& window) {
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
      return fail(ErrorCode::invalid_argument, "--where: {} is no dimension of the scope {}",
                  dimension, name_of(query.scope));
    selection.values[static_cast<std::size_t>(found - query.scope.begin())] = value;
  }
  return selection;
}

/// The partitions' shares of `__other__`, which stand side by side, become one.
void add_up_overflow(KpiRows& rows) {
  for (auto at = rows.begin(); at != rows.end();) {
    const auto next = std::next(at);
    if (next == rows.end() || next->first != at->first || !at->second.overflow) {
      at = next;
      continue;
    }
    add_up(next->second.window, at->second.window);
    at->second.added_up = true;
    rows.erase(next);
  }
}

}  // namespace

Result<KpiResults> KpiResults::open(const runtime::Reader& log, const KpiQuery& query) {
  WEIR_ASSIGN(Catalog catalog, Catalog::read(log));
  WEIR_ASSIGN(const Window window, catalog.find(query));
  KpiResults results(log);
  WEIR_ASSIGN(results.selection_, select(query, window));
  results.unrated_ = std::move(catalog.unrated);
  return results;
}

const std::vector<std::string>* KpiResults::unrated(std::uint64_t definitions_hash) const {
  const auto found = unrated_.find(definitions_hash);
  return found == unrated_.end() ? nullptr : &found->second;
}

Result<void> KpiResults::read(const Visit& visit) const {
  std::vector<KpiPartition> partitions;
  WEIR_ASSIGN(const std::int32_t count, log_->partitions(topics::kKpi));
  for (std::int32_t partition = 0; partition < count; ++partition)
    WEIR_TRY(partitions.emplace_back(*log_, partition, selection_).open());
  KpiRows rows;
  while (true) {
    TimeUs end = kMaxTime;
    for (const KpiPartition& partition : partitions) end = std::min(end, partition.next_end());
    if (end == kMaxTime || end > selection_.to_us) return {};
    rows.clear();
    for (KpiPartition& partition : partitions) WEIR_TRY(partition.rows_at(end, rows));
    if (!selection_.all) add_up_overflow(rows);
    for (const auto& [series, row] : rows)
      if (!visit(row)) return {};
  }
}

}  // namespace weir::cli
