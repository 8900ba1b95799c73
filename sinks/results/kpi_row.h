// A row of results: one series, window and end, and which of them are wanted.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "processors/core/result.h"
#include "processors/core/time.h"
#include "processors/windows/window.h"
#include "weir/v1/kpi.pb.h"

namespace weir::results {

inline constexpr std::string_view kKpiTopic = "weir.kpi";
inline constexpr std::string_view kConfigTopic = "weir.config";
inline constexpr std::string_view kDeadLetterTopic = "weir.deadletter";

using ScopeName = std::vector<std::string>;  // dimensions, in the scope's order
using Series = std::vector<std::string>;     // their values; an absent one is empty

/// "service,model"; "*" is everything together.
std::string scope_text(const ScopeName& scope);

/// How questions are written; errors are invalid_argument, with what may stand there.
///   "service,model", or "*"
Result<ScopeName> parse_scope(std::string_view text);
///   "1m" or "1m/10s"; as windows are named
Result<std::string> parse_window_name(std::string_view text);
///   "service=code"
using Condition = std::pair<std::string, std::string>;
Result<Condition> parse_condition(std::string_view text);

/// What somebody asks for.
struct KpiQuery {
  ScopeName scope;
  std::string window;            // "1m" or "1m/10s"
  std::vector<Condition> where;  // dimension = value, all of them
  TimeUs from_us = kMinTime;     // ends in [from, to]
  TimeUs to_us = kMaxTime;
  bool all = false;  // also what was told before, and `__other__` by partition
};

/// The same once it is known that there is such a scope and window.
struct KpiSelection {
  ScopeName scope;
  windows::Window window;
  std::vector<std::optional<std::string>> values;  // by dimension; absent: any
  TimeUs from_us = kMinTime;                       // ends in [from, to]
  TimeUs to_us = kMaxTime;
  bool all = false;

  bool wants(const Series& series) const;
  /// A row at `from` may stand since this end, and no longer: whatever entered its window was told
  /// when it did.
  TimeUs needs_from() const;
};

struct KpiRow {
  TimeUs end_time_us = 0;
  Series series;
  v1::WindowResult window;
  bool overflow = false;
  bool restates = false;
  std::int32_t as_of_partition = 0;
  std::int64_t as_of_offset = 0;
  std::uint64_t definitions_hash = 0;
};

/// Rows of one end, ascending by series; those of one series in the order they were added.
using KpiRows = std::multimap<Series, KpiRow>;

}  // namespace weir::results
