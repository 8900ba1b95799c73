// The series that a partition keeps, and the definitions they come from. A series gets a small
// number in the order it appears; above the cap of its scope it is counted in the scope's
// `__other__`. One that nothing depends on any more gives its number back. One thread.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include <absl/container/flat_hash_map.h>

#include "processors/aggregates/definitions.h"
#include "processors/core/result.h"
#include "processors/kpi/state.h"
#include "processors/state/write_back.h"
#include "processors/windows/occupancy.h"

namespace weir::kpi {

/// A scope as this task keeps it: the same one under a new configuration keeps its number.
struct KeptScope {
  std::shared_ptr<const aggregates::Definitions> definitions;  // the latest that hold it
  std::size_t index = 0;                                       // in there
  std::int64_t series = 0;                                     // admitted now, overflow apart

  const aggregates::Scope& scope() const { return definitions->scopes()[index]; }
};

struct Series {
  std::uint32_t scope = 0;
  bool overflow = false;
  bool changed = false;            // to be written at the next commit
  std::uint32_t open_panes = 0;    // counted by Panes
  TimeUs last_end_us = kMinTime;   // end of its newest pane that holds something
  TimeUs next_look_us = kMinTime;  // its place in the schedule, open panes apart
  std::string values;              // encode_series
  windows::Occupancy occupancy;
};

class SeriesTable {
 public:
  SeriesTable(std::int64_t max_series, state::WriteBack& store)
      : max_series_(max_series), store_(store) {}

  /// Reads what is committed.
  Result<void> open();

  /// Takes definitions that came in band; those known already change nothing.
  Result<void> define(const v1::Definitions& message);
  bool knows(std::uint64_t definitions_hash) const { return known_.contains(definitions_hash); }

  /// The series of a delta under these definitions, admitting it if need be. corrupt: no such
  /// scope, or the bytes are not a series of it. REQUIRES: knows(definitions_hash).
  Result<SeriesId> admit(std::uint64_t definitions_hash, std::uint32_t scope,
                         std::string_view values);

  /// Numbers run from 0 to end(); some are free: null.
  SeriesId end() const { return static_cast<SeriesId>(series_.size()); }
  /// How many numbers are not free.
  std::size_t size() const { return series_.size() - free_.size(); }
  Series* find(SeriesId id) { return series_[id].get(); }
  /// The series was changed and is to be written at the next commit.
  void touch(SeriesId id);
  const KeptScope& scope_of(const Series& series) const { return scopes_[series.scope]; }

  /// Forgets a series and its closed panes.
  Result<void> retire(SeriesId id);

  /// The longest hop of any window.
  DurationUs longest_hop_us() const;

  /// Puts changed series into the store.
  void flush();

 private:
  Result<void> remember(const std::shared_ptr<const aggregates::Definitions>& definitions);
  SeriesId add(std::uint32_t scope, std::string values);
  /// Puts a new series at a number that is free.
  Series& place(SeriesId id, std::uint32_t scope, std::string values);
  static std::string name_of(std::uint32_t scope, std::string_view values);

  const std::int64_t max_series_;
  state::WriteBack& store_;
  std::uint32_t definitions_met_ = 0;
  std::vector<KeptScope> scopes_;
  /// By definitions: the kept scope of each of their scopes.
  std::map<std::uint64_t, std::vector<std::uint32_t>> known_;
  std::vector<std::unique_ptr<Series>> series_;
  std::set<SeriesId> free_;
  absl::flat_hash_map<std::string, SeriesId> by_name_;
  std::vector<SeriesId> changed_;
};

}  // namespace weir::kpi
