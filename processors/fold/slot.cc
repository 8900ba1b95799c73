#include "processors/fold/slot.h"

#include <algorithm>
#include <bit>
#include <cassert>
#include <cstring>
#include <new>
#include <utility>

namespace weir::fold {
namespace {

using aggregates::kDurations;

constexpr std::align_val_t kLine{64};

void add_sum(std::uint16_t count, std::uint32_t sum, std::optional<std::uint64_t>& total) {
  if (count != 0) total = total.value_or(0) + sum;
}

void add_narrow(const Slot& slot, Totals& totals) {
  for (std::size_t lane = 0; lane < kDurations; ++lane) {
    aggregates::DurationStats& stats = totals.durations[lane];
    stats.count += slot.counts[lane];
    stats.sum_us += slot.sums[lane];
    stats.max_us = std::max<std::uint64_t>(stats.max_us, slot.maxima[lane]);
  }
  aggregates::Counters& counters = totals.counters;
  add_sum(slot.counts[kInputLane], slot.sums[kInputLane], counters.input_tokens);
  add_sum(slot.counts[kOutputLane], slot.sums[kOutputLane], counters.output_tokens);
  add_sum(slot.tolds[kCachedTold], slot.tallies[kCachedTally], counters.cached_tokens);
  add_sum(slot.tolds[kRetriesTold], slot.tallies[kRetriesTally], counters.retries);
  counters.low_confidence.known += slot.tolds[kLowConfidenceKnown];
  counters.low_confidence.yes += slot.tolds[kLowConfidenceSet];
  counters.abnormal_input.known += slot.tolds[kAbnormalInputKnown];
  counters.abnormal_input.yes += slot.tolds[kAbnormalInputSet];
  for (std::size_t second = 0; second < slot.seconds.size(); ++second) {
    counters.seconds[second] += slot.seconds[second];
    totals.requests += slot.seconds[second];
  }
  for (std::size_t status = 0; status < slot.statuses.size(); ++status)
    counters.status[status] += slot.statuses[status];
  totals.requests += slot.late_events;
}

void clear_narrow(Slot& slot) {
  slot.sums.fill(0);
  slot.counts.fill(0);
  slot.seconds.fill(0);
  slot.statuses.fill(0);
  slot.late_events = 0;
  slot.tallies.fill(0);
  slot.tolds.fill(0);
}

}  // namespace

void sweep(Slot& slot) {
  add_narrow(slot, slot.wide().totals);
  clear_narrow(slot);
}

void spill(Slot& slot, std::size_t sketch, std::uint32_t bin) {
  if (bin != kAbsentBin) slot.wide().spill[sketch].push_back(static_cast<std::uint16_t>(bin));
}

void add_to_bin(Slot& slot, std::size_t sketch, std::uint32_t bin) {
  slot.block_masks[sketch] |= 1u << bin / 64;
  if (++slot.bins(sketch)[bin] == 0) spill(slot, sketch, bin);
}

void encode(Slot& slot, const Sketches& sketches, std::string& out) {
  const Wide* const wide = slot.is_wide ? slot.kept_wide.get() : nullptr;
  Totals totals = wide != nullptr ? wide->totals : Totals();
  add_narrow(slot, totals);
  aggregates::AggregateParts parts;
  parts.counters = totals.counters;
  std::uint64_t others = 0;
  for (const std::uint64_t count : parts.counters.status) others += count;
  parts.counters.status[aggregates::kStatusOk] = totals.requests - others;
  for (std::size_t d = 0; d < kDurations; ++d) parts.durations[d].stats = totals.durations[d];
  for (std::size_t sketch = 0; sketch < sketches.size(); ++sketch) {
    slot.bins(sketch)[kAbsentBin] = 0;
    sketches::NarrowBins& bins = parts.durations[static_cast<std::size_t>(sketches[sketch])].bins;
    bins.block_mask = slot.block_masks[sketch];
    bins.bins = slot.bins(sketch);
    if (wide != nullptr) bins.spill = wide->spill[sketch];
  }
  if (wide != nullptr) {
    parts.users = &wide->users;
    parts.tenants = &wide->tenants;
  }
  aggregates::encode(parts, out);
}

void reset(Slot& slot, std::size_t sketches) {
  for (std::size_t sketch = 0; sketch < sketches; ++sketch)
    for (std::uint32_t left = slot.block_masks[sketch]; left != 0; left &= left - 1)
      std::memset(slot.bins(sketch) + 64 * std::countr_zero(left), 0, 64);
  clear_narrow(slot);
  slot.maxima.fill(0);
  slot.block_masks.fill(0);
  if (!slot.is_wide) return;
  Wide& wide = *slot.kept_wide;
  wide.totals = {};
  for (auto& bins : wide.spill) bins.clear();
  wide.users = {};
  wide.tenants = {};
  slot.is_wide = false;
}

void prefetch_lines(const Slot& slot) {
  __builtin_prefetch(&slot, 1);
  __builtin_prefetch(slot.sums.data(), 1);
  __builtin_prefetch(slot.counts.data(), 1);
  __builtin_prefetch(slot.tallies.data(), 1);
}

void prefetch_bins(Slot& slot, std::size_t sketches) {
  for (std::size_t sketch = 0; sketch < sketches; ++sketch)
    for (std::uint32_t left = slot.block_masks[sketch]; left != 0; left &= left - 1)
      __builtin_prefetch(slot.bins(sketch) + 64 * std::countr_zero(left), 1);
}

SlotPool::SlotPool(std::size_t sketches)
    : slot_bytes_(sizeof(Slot) + sketches * sketches::kDdSketchPaddedBins) {
  static_assert(sketches::kDdSketchPaddedBins % 64 == 0, "every slot begins a cache line");
}

SlotPool::~SlotPool() {
  for (Slot* slot : free_) slot->~Slot();
  for (Slot* slot : taken_) slot->~Slot();
}

void SlotPool::Free::operator()(std::byte* bytes) const { ::operator delete(bytes, kLine); }

Slot& SlotPool::take() {
  if (free_.empty()) grow();
  taken_.push_back(free_.back());
  free_.pop_back();
  return *taken_.back();
}

void SlotPool::shrink() {
  assert(taken_.empty());
  const std::size_t used =
      (std::exchange(most_taken_, std::size_t{0}) + kChunkSlots - 1) / kChunkSlots;
  if (used == 0 || chunks_.size() <= 4 * used) return;
  for (Slot* slot : free_) slot->~Slot();
  free_ = std::vector<Slot*>();
  chunks_.clear();
}

void SlotPool::grow() {
  const std::size_t bytes = kChunkSlots * slot_bytes_;
  chunks_.emplace_back(static_cast<std::byte*>(::operator new(bytes, kLine)));
  std::byte* const chunk = chunks_.back().get();
  std::memset(chunk, 0, bytes);
  for (std::size_t i = kChunkSlots; i-- > 0;) free_.push_back(new (chunk + i * slot_bytes_) Slot);
}

}  // namespace weir::fold
