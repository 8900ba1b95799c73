// The panes of all series of a task: open ones in memory until the next commit, late ones waiting
// to be told, closed ones in rings in the store. One thread.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <absl/container/flat_hash_map.h>
#include <absl/container/flat_hash_set.h>

#include "processors/aggregates/inference_aggregate.h"
#include "processors/core/result.h"
#include "processors/kpi/series.h"
#include "processors/kpi/state.h"
#include "processors/state/write_back.h"

namespace weir::kpi {

/// A pane's content, apart by the tier at which events entered. Reused: clear() keeps the memory.
class PaneParts {
 public:
  aggregates::InferenceAggregate& at(std::size_t entry) {
    used_[entry] = true;
    return parts_[entry];
  }
  bool has(std::size_t entry) const { return used_[entry]; }
  const aggregates::InferenceAggregate& get(std::size_t entry) const { return parts_[entry]; }
  bool empty() const { return std::ranges::none_of(used_, std::identity()); }
  void clear();

 private:
  std::array<aggregates::InferenceAggregate, windows::kMaxTiers> parts_;
  std::array<bool, windows::kMaxTiers> used_{};
};

class Panes {
 public:
  Panes(std::uint64_t open_bytes, SeriesTable& table, state::WriteBack& store)
      : open_budget_(open_bytes), table_(table), store_(store) {}

  /// Reads which panes are open and which are late. The table is open.
  Result<void> open();

  /// Adds an encoded delta. Error: corrupt.
  Result<void> add_open(const PaneKey& pane, std::string_view delta);
  Result<void> add_late(const PaneKey& pane, std::string_view delta);

  /// When a pane ends.
  TimeUs end_of(const PaneKey& pane) const;
  /// The earliest end of any open pane; nullopt: none is open.
  std::optional<TimeUs> earliest_open_end() const;
  /// The first series from `from` on that has late panes; nullopt: none has.
  std::optional<SeriesId> next_late(SeriesId from) const;

  /// Takes an open pane away; null: there is none.
  Result<std::unique_ptr<aggregates::InferenceAggregate>> take_open(const PaneKey& pane);
  /// Takes all late panes of a series away, ascending.
  Result<std::vector<std::pair<PaneKey, aggregates::InferenceAggregate>>> take_late(SeriesId id);

  /// Merges the parts of a closed pane that entered at tier `max_entry` or finer into `parts`, as
  /// panes side by side. Nothing where there is no such pane.
  Result<void> merge_closed(const Series& series, SeriesId id, windows::PaneRange pane,
                            std::size_t max_entry, PaneParts& parts);
  /// Writes a closed pane and marks it. REQUIRES: series.occupancy reaches it, `parts` not empty.
  void put_closed(Series& series, SeriesId id, windows::PaneRange pane, const PaneParts& parts);
  /// The parts of a closed pane as they are, for adding to them; empty where there is none.
  Result<void> read_closed(const Series& series, SeriesId id, windows::PaneRange pane,
                           PaneParts& parts);

  /// Puts open panes into the store, and lets go of them where they are above the budget.
  void flush();
  /// The open panes in memory have reached the budget: a flush makes room.
  bool full() const { return held_bytes_ >= open_budget_; }

 private:
  struct OpenPane {
    std::unique_ptr<aggregates::InferenceAggregate> value;
    bool changed = false;
    bool stored = false;  // the store has an older version
  };

  Result<OpenPane*> load(const PaneKey& pane);
  /// The bytes of the parts of a closed pane, valid until the store is used again.
  Result<std::string_view> closed_bytes(const Series& series, SeriesId id, windows::PaneRange pane);
  const windows::WindowPlan& plan_of(const Series& series) const {
    return table_.scope_of(series).scope().plan;
  }
  void count_open(const PaneKey& pane);

  const std::uint64_t open_budget_;
  SeriesTable& table_;
  state::WriteBack& store_;
  absl::flat_hash_map<PaneKey, OpenPane> open_;
  absl::flat_hash_set<PaneKey> stored_only_;  // open, but only in the store
  std::map<TimeUs, std::int64_t> open_ends_;  // by end: how many are open
  std::vector<PaneKey> changed_;
  std::size_t held_bytes_ = 0;  // of the values in open_
  std::set<PaneKey> late_;      // ascending by series
};

}  // namespace weir::kpi
