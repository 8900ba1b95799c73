// One scope that is folded event by event: which series an event belongs to, and the slot of that
// series in a pane.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <absl/container/flat_hash_map.h>

#include "processors/aggregates/definitions.h"
#include "processors/events/columns.h"
#include "processors/fold/series_ids.h"
#include "processors/fold/slot.h"

namespace weir::fold {

class ScopeFold {
 public:
  ScopeFold(std::uint32_t index, const aggregates::Scope& scope);

  std::uint32_t index() const { return index_; }
  const aggregates::Scope& scope() const { return *scope_; }
  const Sketches& sketches() const { return sketches_; }
  /// aggregates::encode_series; of a series that has a slot.
  const std::string& series_text(std::uint32_t series) const { return series_.text(series); }

  /// Series of every event of the batch, from the ids of its dimensions.
  void resolve(const AllDimensionIds& ids, std::size_t count) { series_.resolve(ids, count); }

  /// Slots of events [begin, begin + panes.size()) of the resolved batch in their tier 0 panes;
  /// those left out get `trash`.
  void find_slots(const events::EventColumns& columns, std::size_t begin,
                  std::span<const std::int64_t> panes, std::span<const std::uint8_t> left_out,
                  SlotPool& pool, Slot& trash, Slot** slots);

  /// The slot of one event, resolved or not. A late tier's panes take what their slots need, not
  /// a table of all series: there may be many of them.
  Slot& find_slot(const events::EventColumns& columns, std::size_t event, AllDimensionIds& ids,
                  std::uint32_t tier, std::int64_t pane, SlotPool& pool);

  /// Slots of tier 0 in panes below this one, or with kMaxTime all, are gone.
  void forget_slots(std::int64_t below);
  /// After the names were cleared, too.
  void forget_series() { series_.forget(); }
  /// Of what finds slots, and of what forget_series() frees.
  std::size_t table_bytes() const {
    return table_bytes_ + late_.capacity() * (sizeof(LateSlots::value_type) + 1);
  }
  std::size_t learned_bytes() const { return series_.learned_bytes(); }

 private:
  using SeriesSlots = std::vector<Slot*>;                  // by series; null: none yet
  using PaneKey = std::pair<std::uint32_t, std::int64_t>;  // tier, pane
  using LateSlots = absl::flat_hash_map<std::pair<PaneKey, std::uint32_t>, Slot*>;  // and series

  SeriesSlots& pane_slots(std::int64_t pane, std::size_t series);
  Slot& open(const events::EventColumns& columns, std::size_t event, std::uint32_t series,
             const PaneKey& pane, SlotPool& pool);

  std::uint32_t index_;
  const aggregates::Scope* scope_;
  Sketches sketches_;
  SeriesIds series_;
  absl::flat_hash_map<std::int64_t, SeriesSlots> panes_;  // of tier 0
  LateSlots late_;                                        // of the other tiers
  std::size_t table_bytes_ = 0;
};

}  // namespace weir::fold
