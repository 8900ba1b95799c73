// The panes of all series of a task: open ones and late ones as the deltas that came for them,
// closed ones in rings, all in the store. A delta is decoded once, when its pane is needed. One
// thread.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <absl/container/flat_hash_set.h>

#include "processors/aggregates/inference_aggregate.h"
#include "processors/core/result.h"
#include "processors/kpi/series.h"
#include "processors/kpi/state.h"
#include "processors/state/write_back.h"
#include "processors/windows/schedule.h"

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
  /// Enters the ends of open panes into the schedule. All outlive this.
  Panes(SeriesTable& table, windows::Schedule& schedule, state::WriteBack& store)
      : table_(table), schedule_(schedule), store_(store) {}

  /// Reads which panes are open and which are late. The table is open.
  Result<void> open();

  /// Adds an encoded delta. Error: version; what else is wrong with it shows when it is taken.
  Result<void> add_open(const PaneKey& pane, std::string_view delta);
  Result<void> add_late(const PaneKey& pane, std::string_view delta);

  /// Of the lists of open and late panes, about.
  std::size_t memory_bytes() const {
    return open_.capacity() * (sizeof(PaneKey) + 1) + late_.size() * (sizeof(PaneKey) + kNodeBytes);
  }

  /// When a pane ends.
  TimeUs end_of(const PaneKey& pane) const;
  /// The first series from `from` on that has late panes; nullopt: none has.
  std::optional<SeriesId> next_late(SeriesId from) const;

  /// Takes an open pane away, merging it into the part of its tier. False: there is none.
  Result<bool> take_open(const PaneKey& pane, PaneParts& parts);
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

 private:
  static constexpr std::size_t kNodeBytes = 32;  // of a tree, beside what is in it

  /// The bytes of the parts of a closed pane, valid until the store is used again.
  Result<std::string_view> closed_bytes(const Series& series, SeriesId id, windows::PaneRange pane);
  const windows::WindowPlan& plan_of(const Series& series) const {
    return table_.scope_of(series).scope().plan;
  }
  void count_open(const PaneKey& pane);

  /// Adds a delta to those stored under a key; `first`: there are none yet.
  Result<void> add(const std::string& key, bool first, std::string_view delta);

  SeriesTable& table_;
  windows::Schedule& schedule_;
  state::WriteBack& store_;
  absl::flat_hash_set<PaneKey> open_;
  std::set<PaneKey> late_;                 // ascending by series
  aggregates::InferenceAggregate merged_;  // of `add`, for its memory
  std::string encoded_;                    // of `put_closed`, likewise
  std::string part_;
};

}  // namespace weir::kpi
