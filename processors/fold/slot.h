// One open delta: what one series has gathered in one pane since the last commit. Laid out so that
// an event touches three cache lines and one byte of a bin for each sketch: sums, maxima and
// counters there are narrow, and are swept into wide ones before they can wrap. What few series
// need is elsewhere.
//
//   Slot     64-byte lines
//     1      who it is, statuses, `wide`
//     2      sums and maxima, u32 by lane
//     3      counts, seconds, block masks
//     4      sums without a maximum, and counts of what was told
//     bins   one byte a bin, for each sketch of the scope, behind the Slot
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "processors/aggregates/inference_aggregate.h"

namespace weir::fold {

/// What the hot lines add up: the durations in their order, then the tokens in and out.
inline constexpr std::size_t kLanes = 8;
inline constexpr std::size_t kInputLane = aggregates::kDurations;
inline constexpr std::size_t kOutputLane = kInputLane + 1;
static_assert(kOutputLane + 1 == kLanes);

/// Sums of which nobody wants the maximum, and counts of events that told: of the sums, and of
/// flags that are known and that are set.
enum Tally : std::size_t { kCachedTally, kRetriesTally, kTallySums };
enum Told : std::size_t {
  kCachedTold = kCachedTally,
  kRetriesTold = kRetriesTally,
  kLowConfidenceKnown,
  kLowConfidenceSet,
  kAbnormalInputKnown,
  kAbnormalInputSet,
  kTolds = 8  // of which two are not used: a whole vector
};

/// A lane or a tally takes values below this; greater ones go to `Wide` one by one. So a sum that
/// is below it before an addition cannot wrap in it, and its top bit says that it must be swept.
inline constexpr std::uint32_t kLaneLimit = std::uint32_t{1} << 31;
/// A slot is swept when one of its seconds, or its late events, reach this: all of them together
/// then fill half a u16 at most, and no narrow counter wraps (statuses may lag behind by a block).
inline constexpr std::uint16_t kSweepEvents = 0x8000 / (aggregates::kPaneSeconds + 1);
/// Where an event without the duration is counted: behind the last bin, and never encoded.
inline constexpr std::uint32_t kAbsentBin = sketches::kDdSketchPaddedBins - 1;
static_assert(kAbsentBin >= sketches::kDdSketchBins);

struct Totals {
  std::uint64_t requests = 0;
  aggregates::Counters counters;  // status[ok] is filled in when it is encoded
  std::array<aggregates::DurationStats, aggregates::kDurations> durations;
};

/// What is rare or large.
struct Wide {
  Totals totals;
  std::array<std::vector<std::uint16_t>, aggregates::kDurations> spill;  // by sketch
  sketches::HyperLogLog users;
  sketches::HyperLogLog tenants;
};

struct alignas(64) Slot {
  std::int64_t pane = 0;
  std::uint32_t scope = 0;
  std::uint32_t tier = 0;
  std::uint32_t series = 0;  // of the scope's ScopeFold
  bool is_wide = false;      // `wide` is there and holds something
  std::array<std::uint16_t, aggregates::kStatuses> statuses{};  // all but ok
  std::unique_ptr<Wide> kept_wide;                              // made once, kept when emptied

  alignas(64) std::array<std::uint32_t, kLanes> sums{};
  std::array<std::uint32_t, kLanes> maxima{};
  std::array<std::uint16_t, kLanes> counts{};
  std::array<std::uint16_t, aggregates::kPaneSeconds> seconds{};
  std::uint16_t late_events = 0;                                    // of tiers that keep no seconds
  std::array<std::uint32_t, aggregates::kDurations> block_masks{};  // by sketch

  alignas(64) std::array<std::uint32_t, kTallySums> tallies{};
  std::array<std::uint16_t, kTolds> tolds{};

  std::uint8_t* bins(std::size_t sketch) {
    return reinterpret_cast<std::uint8_t*>(this + 1) + sketch * sketches::kDdSketchPaddedBins;
  }
  Wide& wide() {
    if (!kept_wide) [[unlikely]]
      kept_wide = std::make_unique<Wide>();
    is_wide = true;
    return *kept_wide;
  }
};
static_assert(sizeof(Slot) == 4 * 64);

/// The duration of each sketch of a scope, in order.
using Sketches = std::vector<aggregates::Duration>;

/// Narrow counters into wide ones.
void sweep(Slot& slot);
/// A byte of a bin wrapped.
void spill(Slot& slot, std::size_t sketch, std::uint32_t bin);
void add_to_bin(Slot& slot, std::size_t sketch, std::uint32_t bin);
/// Appends the aggregate (aggregates::encode).
void encode(Slot& slot, const Sketches& sketches, std::string& out);
/// Forgets everything; keeps memory, large sketches aside.
void reset(Slot& slot, std::size_t sketches);
/// Brings its first lines, or after those its bins, near.
void prefetch_lines(const Slot& slot);
void prefetch_bins(Slot& slot, std::size_t sketches);

/// Slots of one size, reused. References stay where they are.
class SlotPool {
 public:
  /// sketches: how many a slot has room for.
  explicit SlotPool(std::size_t sketches);
  ~SlotPool();
  SlotPool(const SlotPool&) = delete;
  SlotPool& operator=(const SlotPool&) = delete;

  /// An empty slot.
  Slot& take();
  /// All slots in use, the longest first.
  const std::vector<Slot*>& taken() const { return taken_; }
  /// Takes back those of which `is_due(slot)`. REQUIRES: each of them was reset.
  template <class IsDue>
  void give_back(IsDue is_due) {
    most_taken_ = std::max(most_taken_, taken_.size());
    // Backwards, so that the next ones are taken in the same order.
    std::copy_if(taken_.rbegin(), taken_.rend(), std::back_inserter(free_), is_due);
    std::erase_if(taken_, is_due);
  }
  /// Of one slot and what it may own, large sketches aside.
  std::size_t slot_bytes() const { return slot_bytes_ + sizeof(Wide); }
  /// Of all slots, in use or not, without what they own.
  std::size_t memory_bytes() const { return chunks_.size() * kChunkSlots * slot_bytes_; }
  /// Frees them where fewer than a quarter were in use at once since the last call; after none
  /// were, keeps them. REQUIRES: none is in use.
  void shrink();

 private:
  static constexpr std::size_t kChunkSlots = 64;

  void grow();

  struct Free {
    void operator()(std::byte* bytes) const;
  };

  std::size_t slot_bytes_;
  std::vector<std::unique_ptr<std::byte, Free>> chunks_;
  std::vector<Slot*> taken_;
  std::vector<Slot*> free_;
  std::size_t most_taken_ = 0;  // since shrink(), as slots were given back
};

}  // namespace weir::fold
