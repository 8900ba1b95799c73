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

#include <absl/container/flat_hash_set.h>

#include "processors/aggregates/definitions.h"
#include "processors/core/hash.h"
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
  SeriesTable(const SeriesTable&) = delete;  // names point into it
  SeriesTable& operator=(const SeriesTable&) = delete;

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

  /// Of all series and their names, about.
  std::size_t memory_bytes() const;

  /// The longest hop of any window.
  DurationUs longest_hop_us() const;

  /// Puts changed series into the store.
  void flush();

 private:
  /// What tells series apart.
  struct Name {
    std::uint32_t scope;
    std::string_view values;

    bool operator==(const Name&) const = default;
  };
  using AllSeries = std::vector<std::unique_ptr<Series>>;

  /// Finds numbers by the names of their series, which nobody keeps twice.
  struct NameHash {
    using is_transparent = void;
    const AllSeries* series;
    std::size_t operator()(const Name& name) const {
      return hash64(name.values) + name.scope * 0x9e3779b97f4a7c15;
    }
    std::size_t operator()(SeriesId id) const { return (*this)(name_of(*(*series)[id])); }
  };
  struct NameEqual {
    using is_transparent = void;
    const AllSeries* series;
    bool operator()(SeriesId a, const Name& b) const { return name_of(*(*series)[a]) == b; }
    bool operator()(const Name& a, SeriesId b) const { return (*this)(b, a); }
    bool operator()(SeriesId a, SeriesId b) const { return a == b; }
  };

  static Name name_of(const Series& series) { return {series.scope, series.values}; }

  Result<void> remember(const std::shared_ptr<const aggregates::Definitions>& definitions);
  SeriesId add(std::uint32_t scope, std::string values);
  /// Puts a new series at a number that is free.
  Series& place(SeriesId id, std::uint32_t scope, std::string values);
  static std::size_t memory_of(const Series& series);

  const std::int64_t max_series_;
  state::WriteBack& store_;
  std::uint32_t definitions_met_ = 0;
  std::vector<KeptScope> scopes_;
  /// By definitions: the kept scope of each of their scopes.
  std::map<std::uint64_t, std::vector<std::uint32_t>> known_;
  AllSeries series_;
  std::set<SeriesId> free_;
  absl::flat_hash_set<SeriesId, NameHash, NameEqual> by_name_{0, NameHash{&series_},
                                                              NameEqual{&series_}};
  std::size_t series_bytes_ = 0;
  std::vector<SeriesId> changed_;
};

}  // namespace weir::kpi
