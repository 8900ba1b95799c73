#include "processors/fold/scope_fold.h"

#include <algorithm>

namespace weir::fold {

void DimensionIds::resolve(const events::TextColumn& column, std::size_t count) {
  std::uint32_t* const out = events::make_room(by_event, count);
  switch (column.form) {
    case events::TextColumn::Form::one:
      std::fill_n(out, count, names.id(column.at(0)));
      break;
    case events::TextColumn::Form::coded: {
      std::uint32_t* const ids = events::make_room(by_value_, column.values.size());
      names.ids(column.values, ids);
      for (std::size_t i = 0; i < count; ++i) out[i] = ids[column.codes[i]];
      break;
    }
    case events::TextColumn::Form::by_event:
      names.ids(std::span(column.each).first(count), out);
      break;
  }
}

ScopeFold::ScopeFold(std::uint32_t index, const aggregates::Scope& scope)
    : index_(index),
      scope_(&scope),
      pairs_(scope.dimensions.size() < 2 ? 0 : scope.dimensions.size() - 1) {
  for (std::size_t d = 0; d < aggregates::kDurations; ++d)
    if (scope.sketched[d]) sketches_.push_back(static_cast<aggregates::Duration>(d));
}

void ScopeFold::resolve(const AllDimensionIds& ids, std::size_t count) {
  std::uint32_t* const series = events::make_room(series_by_event_, count);
  if (scope_->dimensions.empty()) return;  // series 0: entries are never written
  const auto ids_of = [&](std::size_t k) -> const DimensionIds& {
    return ids[static_cast<std::size_t>(scope_->dimensions[k])];
  };
  std::copy_n(ids_of(0).by_event.begin(), count, series);
  series_count_ = ids_of(0).names.size();
  for (std::size_t k = 1; k < scope_->dimensions.size(); ++k) {
    PairTable& pairs = pairs_[k - 1];
    pairs.prepare(series_count_, ids_of(k).names.size());
    const std::uint32_t* const next = ids_of(k).by_event.data();
    for (std::size_t i = 0; i < count; ++i) series[i] = pairs.id(series[i], next[i]);
    series_count_ = pairs.size();
  }
}

void ScopeFold::find_slots(const events::EventColumns& columns, std::size_t begin,
                           std::span<const std::int64_t> panes,
                           std::span<const std::uint8_t> left_out, SlotPool& pool, Slot& trash,
                           Slot** slots) {
  const std::uint32_t* const series = series_by_event_.data() + begin;
  Slot** by_series = nullptr;  // of the pane in hand
  std::int64_t pane = 0;
  for (std::size_t i = 0; i < panes.size(); ++i) {
    if (!left_out.empty() && left_out[i] != 0) [[unlikely]] {
      slots[i] = &trash;
      continue;
    }
    if (by_series == nullptr || panes[i] != pane) {
      pane = panes[i];
      by_series = pane_slots(0, pane, series_count_).data();
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
  std::uint32_t series = 0;
  for (std::size_t k = 0; k < scope_->dimensions.size(); ++k) {
    const auto dimension = static_cast<std::size_t>(scope_->dimensions[k]);
    NameTable& names = ids[dimension].names;
    const std::uint32_t id = names.id(columns.texts[dimension].at(event));
    if (k == 0) {
      series = id;
      series_count_ = names.size();
    } else {
      pairs_[k - 1].prepare(series_count_, names.size());
      series = pairs_[k - 1].id(series, id);
      series_count_ = pairs_[k - 1].size();
    }
  }
  Slot*& slot = pane_slots(tier, pane, series_count_)[series];
  if (slot == nullptr) slot = &open(columns, event, series, {tier, pane}, pool);
  return *slot;
}

ScopeFold::SeriesSlots& ScopeFold::pane_slots(std::uint32_t tier, std::int64_t pane,
                                              std::size_t series) {
  SeriesSlots& slots = panes_[{tier, pane}];
  if (slots.size() < series) {
    const std::size_t size = series < 64 ? 64 : series + series / 2;
    table_bytes_ += (size - slots.size()) * sizeof slots[0];
    slots.resize(size);
  }
  return slots;
}

Slot& ScopeFold::open(const events::EventColumns& columns, std::size_t event, std::uint32_t series,
                      const PaneKey& pane, SlotPool& pool) {
  if (texts_.size() <= series) texts_.resize(series_count_);
  std::string& text = texts_[series];
  if (text.empty() && !scope_->dimensions.empty()) {
    std::array<std::string_view, aggregates::kDimensions> values;
    for (std::size_t k = 0; k < scope_->dimensions.size(); ++k)
      values[k] = columns.text(text_of(scope_->dimensions[k])).at(event);
    text = aggregates::encode_series(std::span(values).first(scope_->dimensions.size()));
    text_bytes_ += text.size();
  }
  Slot& slot = pool.take();
  slot.scope = index_;
  slot.series = series;
  slot.tier = pane.first;
  slot.pane = pane.second;
  return slot;
}

void ScopeFold::forget_slots(std::int64_t below) {
  absl::erase_if(panes_, [this, below](const auto& entry) {
    const auto& [tier, pane] = entry.first;
    const bool gone = below == kMaxTime || (tier == 0 && pane < below);
    if (gone) table_bytes_ -= entry.second.size() * sizeof(Slot*);
    return gone;
  });
}

void ScopeFold::forget_series() {
  for (PairTable& pairs : pairs_) pairs.clear();
  texts_ = {};
  text_bytes_ = 0;
  series_count_ = 1;
}

std::size_t ScopeFold::learned_bytes() const {
  std::size_t bytes = texts_.capacity() * sizeof texts_[0] + text_bytes_;
  for (const PairTable& pairs : pairs_) bytes += pairs.memory_bytes();
  return bytes;
}

}  // namespace weir::fold
