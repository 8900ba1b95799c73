// The exact values of a window, from its events one by one, and how what was told differs from
// them.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "processors/core/time.h"
#include "weir/v1/inference.pb.h"
#include "weir/v1/kpi.pb.h"
#include "weir/v1/partial.pb.h"

namespace weir::sim {

struct Exact {
  std::int64_t requests = 0;
  std::array<std::int64_t, 11> status{};  // by InferenceStatus; 10: any other
  std::map<std::string, std::vector<std::int64_t>> durations_us;
  std::optional<std::int64_t> cold_starts;
  std::vector<std::int64_t> cold_starts_us;
  std::optional<std::int64_t> input_tokens;
  std::optional<std::int64_t> output_tokens;
  std::optional<std::int64_t> cached_tokens;
  std::optional<std::int64_t> retries;
  std::array<std::int64_t, 2> low_confidence{};  // no, yes
  std::array<std::int64_t, 2> abnormal_input{};
  std::set<std::uint64_t> users;
  std::set<std::string> tenants;
  std::map<std::int64_t, std::int64_t> per_second;  // of events that entered the finest tier

  /// `finest`: it entered the finest tier.
  void add(const v1::InferenceEvent& event, bool finest);
};

/// What gives the values of one window their meaning.
struct Meaning {
  const v1::Definitions* definitions = nullptr;
  int scope = 0;
  int window = 0;
  bool peak_is_known = true;  // else what was told is at most it
};

/// Empty where `told` is what it must be: counts, sums and greatest values exactly, quantiles
/// within 1 %, distinct counts within 10 % and one. Otherwise both, for a person.
std::string difference(const Exact& exact, const v1::KpiValues& told, const Meaning& meaning);

}  // namespace weir::sim
