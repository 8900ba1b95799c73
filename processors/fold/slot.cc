#include "processors/fold/slot.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <new>

namespace weir::fold {
namespace {

using aggregates::kDurations;

constexpr std::align_val_t kLine{64};

void sweep_tokens(std::uint16_t count, std::uint32_t sum, std::optional<std::uint64_t>& tokens) {
  if (count != 0) tokens = tokens.value_or(0) + sum;
}

}  // namespace

void sweep(Slot& slot) {
  Wide& wide = slot.wide;
  for (std::size_t lane = 0; lane < kDurations; ++lane) {
    aggregates::DurationStats& stats = wide.durations[lane];
    stats.count += slot.counts[lane];
    stats.sum_us += slot.sums[lane];
    stats.max_us = std::max<std::uint64_t>(stats.max_us, slot.maxima[lane]);
  }
  sweep_tokens(slot.counts[kInputLane], slot.sums[kInputLane], wide.counters.input_tokens);
  sweep_tokens(slot.counts[kOutputLane], slot.sums[kOutputLane], wide.counters.output_tokens);
  for (std::size_t second = 0; second < slot.seconds.size(); ++second)
    wide.counters.seconds[second] += slot.seconds[second];
  wide.requests += slot.events;
  wide.counters.status[aggregates::kStatusAbsent] += slot.absent_status;
  slot.sums.fill(0);
  slot.counts.fill(0);
  slot.seconds.fill(0);
  slot.events = slot.absent_status = 0;
}

void spill(Slot& slot, std::size_t sketch, std::uint32_t bin) {
  if (bin != kAbsentBin) slot.wide.spill[sketch].push_back(static_cast<std::uint16_t>(bin));
}

void add_to_bin(Slot& slot, std::size_t sketch, std::uint32_t bin) {
  slot.block_masks[sketch] |= 1u << bin / 64;
  if (++slot.bins(sketch)[bin] == 0) spill(slot, sketch, bin);
}

void encode(Slot& slot, const Sketches& sketches, std::string& out) {
  sweep(slot);
  aggregates::AggregateParts parts;
  parts.counters = slot.wide.counters;
  std::uint64_t others = 0;
  for (const std::uint64_t count : parts.counters.status) others += count;
  parts.counters.status[aggregates::kStatusOk] = slot.wide.requests - others;
  parts.users = &slot.wide.users;
  parts.tenants = &slot.wide.tenants;
  for (std::size_t d = 0; d < kDurations; ++d) parts.durations[d].stats = slot.wide.durations[d];
  for (std::size_t sketch = 0; sketch < sketches.size(); ++sketch) {
    slot.bins(sketch)[kAbsentBin] = 0;
    parts.durations[static_cast<std::size_t>(sketches[sketch])].bins = {
        slot.block_masks[sketch], slot.bins(sketch), slot.wide.spill[sketch]};
  }
  aggregates::encode(parts, out);
}

SlotPool::SlotPool(std::size_t sketches)
    : sketches_(sketches), slot_bytes_(sizeof(Slot) + sketches * sketches::kDdSketchPaddedBins) {
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

void SlotPool::clear() {
  for (Slot* slot : taken_) reset(*slot);
  // Backwards, so that the next ones are taken in the same order and find their lines in the cache.
  free_.insert(free_.end(), taken_.rbegin(), taken_.rend());
  taken_.clear();
}

void SlotPool::grow() {
  const std::size_t bytes = kChunkSlots * slot_bytes_;
  chunks_.emplace_back(static_cast<std::byte*>(::operator new(bytes, kLine)));
  std::byte* const chunk = chunks_.back().get();
  std::memset(chunk, 0, bytes);
  for (std::size_t i = kChunkSlots; i-- > 0;) free_.push_back(new (chunk + i * slot_bytes_) Slot);
}

void SlotPool::reset(Slot& slot) const {
  Wide& wide = slot.wide;
  wide.requests = 0;
  wide.counters = {};
  wide.durations = {};
  for (auto& bins : wide.spill) bins.clear();
  wide.users.clear();
  wide.tenants.clear();
  for (std::size_t sketch = 0; sketch < sketches_; ++sketch) {
    for (std::uint32_t left = slot.block_masks[sketch]; left != 0; left &= left - 1)
      std::memset(slot.bins(sketch) + 64 * std::countr_zero(left), 0, 64);
  }
  slot.sums.fill(0);
  slot.maxima.fill(0);
  slot.counts.fill(0);
  slot.seconds.fill(0);
  slot.events = slot.absent_status = 0;
  slot.block_masks.fill(0);
}

}  // namespace weir::fold
