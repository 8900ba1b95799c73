#include "processors/fold/scope_fold.h"

#include <algorithm>

namespace weir::fold {

ScopeFold::ScopeFold(std::uint32_t index, const aggregates::Scope& scope)
    : index_(index), scope_(&scope), series_(scope.dimensions) {
  for (std::size_t d = 0; d < aggregates::kDurations; ++d)
    if (scope.sketched[d]) sketches_.push_back(static_cast<aggregates::Duration>(d));
}

void ScopeFold::find_slots(const events::EventColumns& columns, std::size_t begin,
                           std::span<const std::int64_t> panes,
                           std::span<const std::uint8_t> left_out, SlotPool& pool, Slot& trash,
                           Slot** slots) {
  const std::uint32_t* const series = series_.by_event() + begin;
  Slot** by_series = nullptr;  // of the pane in hand
  std::int64_t pane = 0;
  for (std::size_t i = 0; i < panes.size(); ++i) {
    if (!left_out.empty() && left_out[i] != 0) [[unlikely]] {
      slots[i] = &trash;
      continue;
    }
    if (by_series == nullptr || panes[i] != pane) {
      pane = panes[i];
      by_series = pane_slots(pane, series_.count()).data();
    }
    Slot* slot = by_series[series[i]];
    if (slot == nullptr) [[unlikely]]
      slot = by_series[series[i]] = &open(columns, begin + i, series[i], {0, pane}, pool);
    slots[i] = slot;
  }
}

Slot& ScopeFold::find_slot(const events::EventColumns& columns, std::size_t event,
                           AllDimensionIds& ids, std::uint32_t tier, std::int64_t pane,
                           SlotPool& pool) {
  const std::uint32_t series = series_.of_event(columns, event, ids);
  Slot*& slot =
      tier == 0 ? pane_slots(pane, series_.count())[series] : late_[{PaneKey(tier, pane), series}];
  if (slot == nullptr) slot = &open(columns, event, series, {tier, pane}, pool);
  return *slot;
}

ScopeFold::SeriesSlots& ScopeFold::pane_slots(std::int64_t pane, std::size_t series) {
  SeriesSlots& slots = panes_[pane];
  if (slots.size() < series) {
    const std::size_t size = series < 64 ? 64 : series + series / 2;
    table_bytes_ += (size - slots.size()) * sizeof slots[0];
    slots.resize(size);
  }
  return slots;
}

Slot& ScopeFold::open(const events::EventColumns& columns, std::size_t event, std::uint32_t series,
                      const PaneKey& pane, SlotPool& pool) {
  series_.learn(columns, event, series);
  Slot& slot = pool.take();
  slot.scope = index_;
  slot.series = series;
  slot.tier = pane.first;
  slot.pane = pane.second;
  return slot;
}

void ScopeFold::forget_slots(std::int64_t below) {
  absl::erase_if(panes_, [this, below](const auto& entry) {
    const bool gone = entry.first < below;
    if (gone) table_bytes_ -= entry.second.size() * sizeof(Slot*);
    return gone;
  });
  if (below == kMaxTime) late_.clear();
}

}  // namespace weir::fold
