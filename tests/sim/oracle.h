// The right answer, from the raw log alone: which events count where, which are dead letters, and the
// exact value of every window. Shares no code with the pipeline but generated messages and time
// arithmetic; slow and plain on purpose.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "tests/sim/scenario.h"

namespace weir::sim {

/// A raw record as the log finally has it.
struct LoggedRecord {
  std::int64_t offset = 0;
  TimeUs append_time_us = 0;
  const Input* input = nullptr;  // what its bytes mean; null: a tick
  std::optional<Id> id;
  std::int64_t tick_last_offset = -2;  // of a tick
};

/// What the exact values of one window come from.
struct Exact {
  std::int64_t requests = 0;
  std::map<int, std::int64_t> status;  // by InferenceStatus; above 9: 10
  std::vector<std::int64_t> latency_us;
  std::vector<std::int64_t> ttft_us;
  std::optional<std::int64_t> input_tokens;
  std::optional<std::int64_t> output_tokens;
  std::optional<std::int64_t> retries;
  std::map<std::int64_t, std::int64_t> per_second;  // of events in the finest tier
};

/// (scope, series values, window, end).
using WindowKey = std::tuple<int, std::vector<std::string>, int, TimeUs>;
/// (raw partition, offset, event index, reason).
using DeadKey = std::tuple<std::int32_t, std::int64_t, std::uint32_t, int>;

class Oracle {
 public:
  /// `log`: by raw partition, in order of offsets.
  Oracle(const Scenario& scenario, const std::vector<std::vector<LoggedRecord>>& log);

  const std::map<WindowKey, Exact>& windows() const { return windows_; }
  const std::multiset<DeadKey>& dead() const { return dead_; }
  /// The last tick that all partitions allow.
  TimeUs watermark() const { return watermark_; }
  TimeUs greatest_event_time() const { return greatest_event_time_; }

 private:
  void read(std::int32_t partition, const std::vector<LoggedRecord>& log);
  void count(const v1::InferenceEvent& event, TimeUs watermark, bool& counted);

  const Scenario& scenario_;
  std::map<WindowKey, Exact> windows_;
  std::multiset<DeadKey> dead_;
  TimeUs watermark_ = kMaxTime;
  TimeUs greatest_event_time_ = kMinTime;
};

}  // namespace weir::sim
