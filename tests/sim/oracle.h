// What the raw log means: how far time had come after each of its records, which events count and
// in which tier of each scope, and which are dead letters. Shares no code with the pipeline but
// generated messages and time arithmetic; slow and plain on purpose.
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

/// An event that counts.
struct Counted {
  const v1::InferenceEvent* event = nullptr;
  std::int64_t offset = 0;
  std::vector<int> tiers;  // by scope: where it enters; -1: nowhere
};

/// How far one raw partition is.
struct RawTime {
  TimeUs watermark = kMinTime;
  TimeUs append = kMinTime;
  TimeUs greatest = kMinTime;  // event time, ticks included

  bool operator==(const RawTime&) const = default;
};

/// (raw partition, offset, event index, reason).
using DeadKey = std::tuple<std::int32_t, std::int64_t, std::uint32_t, int>;

class Oracle {
 public:
  /// `log`: by raw partition, in order of offsets.
  Oracle(const Scenario& scenario, const std::vector<std::vector<LoggedRecord>>& log);

  /// By raw partition, ascending by offset.
  const std::vector<std::vector<Counted>>& counted() const { return counted_; }
  /// After records [0, end) of a partition.
  const RawTime& time_at(std::int32_t partition, std::int64_t end) const {
    return times_[static_cast<std::size_t>(partition)][static_cast<std::size_t>(end)];
  }
  /// How many records a partition has.
  std::int64_t records(std::int32_t partition) const {
    return std::ssize(times_[static_cast<std::size_t>(partition)]) - 1;
  }
  const std::multiset<DeadKey>& dead() const { return dead_; }

 private:
  void read(std::int32_t partition, const std::vector<LoggedRecord>& log);
  bool is_repeat(std::int32_t partition, const LoggedRecord& record, TimeUs append);
  /// The greatest time of the events that count.
  TimeUs read_events(std::int32_t partition, const LoggedRecord& record, const RawTime& now);
  std::vector<int> tiers_of(TimeUs time, TimeUs watermark) const;

  const Scenario& scenario_;
  std::vector<std::vector<Counted>> counted_;
  std::vector<std::vector<RawTime>> times_;
  std::vector<std::map<Id, std::pair<std::string, TimeUs>>> seen_;
  std::multiset<DeadKey> dead_;
};

/// The tier whose span is a window's hop.
int tier_of(const v1::Definitions& definitions, DurationUs hop_us);
/// The values of a scope's dimensions.
std::vector<std::string> series_of(const v1::ScopeDefinition& scope,
                                   const v1::InferenceEvent& event);

}  // namespace weir::sim
