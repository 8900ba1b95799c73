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
      return fail(ErrorCode::not_found, "--scope: there is no {}; there is {}",
                  name_of(query.scope),
                  names.empty() ? "none" : fmt::format("{}", fmt::join(names, " | ")));
    }
    std::vector<std::string> names;
    std::vector<Window> matching;
    for (const Window& window : scope->second) {
      names.push_back(windows::to_string(window));
      if (query.window == names.back() || query.window == format_duration(window.length_us))
        matching.push_back(window);
    }
    if (matching.size() == 1) return matching.front();
    if (matching.empty())
      return fail(ErrorCode::not_found, "--window: {} has no {}; it has {}", name_of(query.scope),
                  query.window, fmt::join(names, " "));
    return fail(ErrorCode::invalid_argument, "--window: {} of {} is ambiguous; say which of {}",
                query.window, name_of(query.scope), fmt::join(names, " "));
  }

 private:
  Result<bool> take(const runtime::Record& record) {
    WEIR_ASSIGN(const auto config, parse_record<v1::ConfigRecord>(record));
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

/// Which values of a series are asked for, by position in the scope; absent: any.
using Filter = std::vector<std::optional<std::string>>;

Result<Filter> make_filter(const KpiQuery& query) {
  Filter filter(query.scope.size());
  for (const auto& [dimension, value] : query.where) {
    const auto found = std::ranges::find(query.scope, dimension);
    if (found == query.scope.end())
      return fail(ErrorCode::invalid_argument, "--where: {} is no dimension of the scope {}",
                  dimension, name_of(query.scope));
    filter[static_cast<std::size_t>(found - query.scope.begin())] = value;
  }
  return filter;
}

/// Everything told of one scope and window, as it was told.
class Told {
 public:
  Told(const KpiQuery& query, const Window& window, Filter filter)
      : query_(query), window_(window), filter_(std::move(filter)) {}

  Result<bool> take(std::int32_t partition, const runtime::Record& record) {
    WEIR_ASSIGN(v1::KpiResult result, parse_record<v1::KpiResult>(record));
    for (v1::WindowResult& window : *result.mutable_window()) {
      if (window.hop_us() != window_.hop_us) continue;
      TimeUs& last = last_end_[partition];
      last = std::max(last, result.end_time_us());
      if (window.length_us() == window_.length_us && wanted(result))
        add(partition, result, std::move(window));
    }
    return true;
  }

  /// Ascending by end, series and partition; of those, as told.
  std::vector<KpiRow> rows() {
    std::vector<KpiRow> rows;
    for (auto& [key, ends] : series_)
      for (auto at = ends.begin(); at != ends.end(); ++at) {
        const auto next = std::next(at);
        const TimeUs until =
            next == ends.end() ? last_end_[key.second] + window_.hop_us : next->first;
        carry(at->second.back(), at->first, until, rows);
        for (KpiRow& row : at->second)
          if (in_range(at->first)) rows.push_back(std::move(row));
      }
    std::ranges::stable_sort(rows, [](const KpiRow& a, const KpiRow& b) {
      return std::tie(a.end_time_us, a.series, a.as_of_partition) <
             std::tie(b.end_time_us, b.series, b.as_of_partition);
    });
    return rows;
  }

 private:
  using SeriesKey = std::pair<std::vector<std::string>, std::int32_t>;  // values, partition

  bool wanted(const v1::KpiResult& result) const {
    if (!std::ranges::equal(result.scope(), query_.scope)) return false;
    for (std::size_t i = 0; i < filter_.size(); ++i)
      if (filter_[i] && *filter_[i] != result.series(static_cast<int>(i))) return false;
    return result.end_time_us() <= query_.to_us;
  }

  bool in_range(TimeUs end) const { return end >= query_.from_us && end <= query_.to_us; }

  void add(std::int32_t partition, const v1::KpiResult& result, v1::WindowResult window) {
    KpiRow row{.end_time_us = result.end_time_us(),
               .series = {result.series().begin(), result.series().end()},
               .window = std::move(window),
               .overflow = result.overflow(),
               .restates = result.restates(),
               .as_of_partition = partition,
               .as_of_offset = result.as_of_offset(),
               .definitions_hash = result.definitions_hash()};
    std::vector<KpiRow>& told = series_[{row.series, partition}][row.end_time_us];
    if (!query_.all) told.clear();
    told.push_back(std::move(row));
  }

  /// Rows like `row` at the ends behind its own and before `until`.
  void carry(const KpiRow& row, TimeUs end, TimeUs until, std::vector<KpiRow>& rows) const {
    if (row.window.value().requests() == 0) return;
    const TimeUs first = align_up(std::max(end + 1, query_.from_us), window_.hop_us);
    for (TimeUs at = first; at < until && at <= query_.to_us; at += window_.hop_us) {
      KpiRow& carried = rows.emplace_back(row);
      carried.end_time_us = at;
      carried.restates = false;
      carried.window.clear_restated();
      carried.window.clear_difference();
    }
  }

  const KpiQuery& query_;
  const Window window_;
  const Filter filter_;
  std::map<std::int32_t, TimeUs> last_end_;  // by partition, of windows with this hop
  std::map<SeriesKey, std::map<TimeUs, std::vector<KpiRow>>> series_;
};

/// The partitions' shares of `__other__`, which stand side by side, become one.
void add_up_overflow(std::vector<KpiRow>& rows) {
  std::vector<KpiRow> sums;
  for (KpiRow& row : rows) {
    const bool same = row.overflow && !sums.empty() && sums.back().overflow &&
                      sums.back().end_time_us == row.end_time_us &&
                      sums.back().series == row.series;
    if (same) {
      add_up(row.window, sums.back().window);
      sums.back().added_up = true;
    } else {
      sums.push_back(std::move(row));
    }
  }
  rows = std::move(sums);
}

}  // namespace

Result<KpiTable> read_kpi(const runtime::Reader& log, const KpiQuery& query) {
  WEIR_ASSIGN(Catalog catalog, Catalog::read(log));
  WEIR_ASSIGN(const Window window, catalog.find(query));
  WEIR_ASSIGN(Filter filter, make_filter(query));
  Told told(query, window, std::move(filter));
  WEIR_TRY(
      scan_topic(log, topics::kKpi, [&](std::int32_t partition, const runtime::Record& record) {
        return told.take(partition, record);
      }));
  KpiTable table{.scope = query.scope,
                 .window = window,
                 .rows = told.rows(),
                 .unrated = std::move(catalog.unrated)};
  if (!query.all) add_up_overflow(table.rows);
  return table;
}

}  // namespace weir::cli
