#include "sinks/results/kpi_row.h"

#include <ranges>

#include <fmt/ranges.h>

#include "processors/aggregates/definitions.h"

namespace weir::results {

std::string scope_text(const ScopeName& scope) {
  return scope.empty() ? "*" : fmt::format("{}", fmt::join(scope, ","));
}

Result<ScopeName> parse_scope(std::string_view text) {
  ScopeName scope;
  if (text == "*") return scope;
  for (const auto part : std::views::split(text, ',')) {
    const std::string_view dimension(part.begin(), part.end());
    WEIR_TRY(aggregates::parse_dimension(dimension));
    scope.emplace_back(dimension);
  }
  return scope;
}

Result<std::string> parse_window_name(std::string_view text) {
  if (text.find('/') == std::string_view::npos) {
    WEIR_ASSIGN(const DurationUs length, parse_duration(text));
    return format_duration(length);
  }
  WEIR_ASSIGN(const windows::Window window, windows::parse_window(text));
  return windows::to_string(window);
}

Result<Condition> parse_condition(std::string_view text) {
  const std::size_t equals = text.find('=');
  if (equals == std::string_view::npos)
    return fail(ErrorCode::invalid_argument, "'{}' is no condition; write one like service=code",
                text);
  WEIR_TRY(aggregates::parse_dimension(text.substr(0, equals)));
  return Condition(text.substr(0, equals), text.substr(equals + 1));
}

bool KpiSelection::wants(const Series& series) const {
  for (std::size_t i = 0; i < values.size(); ++i)
    if (values[i] && *values[i] != series[i]) return false;
  return true;
}

TimeUs KpiSelection::needs_from() const {
  const DurationUs back = window.length_us + 2 * window.hop_us;
  return from_us < kMinTime + back ? kMinTime : from_us - back;
}

}  // namespace weir::results
