// The source of both kernels, second part: what an event adds, into its slot. Included behind
// kernel_prepare.h.

using Tallies = std::uint32_t __attribute__((vector_size(kTallySums * sizeof(std::uint32_t))));
static_assert(kTolds == kLanes, "both are NarrowLanes");

constexpr std::array<std::uint16_t, kTolds> make_told(unsigned bits) {
  std::array<std::uint16_t, kTolds> told{};
  const auto is_set = [bits](unsigned flag) -> std::uint16_t { return (bits & flag) != 0; };
  told[kLowConfidenceKnown] = is_set(v1::INFERENCE_FLAG_LOW_CONFIDENCE_KNOWN);
  told[kLowConfidenceSet] = told[kLowConfidenceKnown] & is_set(v1::INFERENCE_FLAG_LOW_CONFIDENCE);
  told[kAbnormalInputKnown] = is_set(v1::INFERENCE_FLAG_ABNORMAL_INPUT_KNOWN);
  told[kAbnormalInputSet] = told[kAbnormalInputKnown] & is_set(v1::INFERENCE_FLAG_ABNORMAL_INPUT);
  told[kCachedTold] = is_set(1u << (kFlagBits + kCachedTally));
  told[kRetriesTold] = is_set(1u << (kFlagBits + kRetriesTally));
  return told;
}

constexpr auto make_tolds() {
  std::array<std::array<std::uint16_t, kTolds>, 1u << (kFlagBits + kTallySums)> tolds{};
  for (unsigned bits = 0; bits < tolds.size(); ++bits) tolds[bits] = make_told(bits);
  return tolds;
}
alignas(64) constexpr auto kToldOf = make_tolds();

/// Whether a lane has reached kLaneLimit.
inline bool any_full(const std::array<std::uint32_t, kLanes>& sums) {
#ifdef __AVX2__
  const __m256i lanes = _mm256_load_si256(reinterpret_cast<const __m256i*>(sums.data()));
  return _mm256_movemask_ps(_mm256_castsi256_ps(lanes)) != 0;
#else
  std::array<std::uint64_t, kLanes / 2> pairs;
  std::memcpy(pairs.data(), sums.data(), sizeof pairs);
  constexpr std::uint64_t kTopBits = std::uint64_t{kLaneLimit} << 32 | kLaneLimit;
  return ((pairs[0] | pairs[1] | pairs[2] | pairs[3]) & kTopBits) != 0;
#endif
}

/// The lines that event `i` will touch, while earlier ones are added. Inlined by force: GCC takes a
/// function that only prefetches for one without effect, and drops its calls.
template <std::size_t kSketches, bool kTold>
[[gnu::always_inline]] inline void prefetch(const Addition& addition, std::size_t i) {
  Slot& slot = *addition.slots[i];
  __builtin_prefetch(slot.sums.data(), 1);
  __builtin_prefetch(slot.counts.data(), 1);
  if constexpr (kTold) __builtin_prefetch(slot.tallies.data(), 1);
  for (std::size_t sketch = 0; sketch < kSketches; ++sketch)
    __builtin_prefetch(slot.bins(sketch) + addition.bins[sketch][i], 1);
}

inline void add_lanes(const Block& block, std::size_t i, Slot& slot) {
  Lanes value, sums, maxima;
  std::memcpy(&value, block.values[i].data(), sizeof value);
  std::memcpy(&sums, slot.sums.data(), sizeof sums);
  std::memcpy(&maxima, slot.maxima.data(), sizeof maxima);
  sums += value;
  maxima = maxima < value ? value : maxima;
  std::memcpy(slot.sums.data(), &sums, sizeof sums);
  std::memcpy(slot.maxima.data(), &maxima, sizeof maxima);
  NarrowLanes present, counts;
  std::memcpy(&present, block.present[i].data(), sizeof present);
  std::memcpy(&counts, slot.counts.data(), sizeof counts);
  counts += present;
  std::memcpy(slot.counts.data(), &counts, sizeof counts);
}

/// Whether a tally has reached kLaneLimit.
inline bool add_tallies(const Block& block, std::size_t i, Slot& slot) {
  Tallies value, sums;
  std::memcpy(&value, block.tallies[i].data(), sizeof value);
  std::memcpy(&sums, slot.tallies.data(), sizeof sums);
  sums += value;
  std::memcpy(slot.tallies.data(), &sums, sizeof sums);
  NarrowLanes told, tolds;
  std::memcpy(&told, kToldOf[block.told[i]].data(), sizeof told);
  std::memcpy(&tolds, slot.tolds.data(), sizeof tolds);
  tolds += told;
  std::memcpy(slot.tolds.data(), &tolds, sizeof tolds);
  return ((sums[kCachedTally] | sums[kRetriesTally]) & kLaneLimit) != 0;
}

template <std::size_t kSketches, bool kTold>
void add_sketched(const Addition& addition) {
  constexpr std::size_t kAhead = 16;  // events
  const Block& block = *addition.block;
  std::array<const std::uint16_t*, kSketches> bins;
  std::copy_n(addition.bins.begin(), kSketches, bins.begin());
  for (std::size_t i = 0; i < std::min(kAhead, addition.count); ++i)
    prefetch<kSketches, kTold>(addition, i);
  for (std::size_t i = 0; i < addition.count; ++i) {
    if (i + kAhead < addition.count) prefetch<kSketches, kTold>(addition, i + kAhead);
    Slot& slot = *addition.slots[i];
    add_lanes(block, i, slot);
    for (std::size_t sketch = 0; sketch < kSketches; ++sketch) {
      const std::uint32_t bin = bins[sketch][i];
      slot.block_masks[sketch] |= 1u << (bin >> 6);
      if (++slot.bins(sketch)[bin] == 0) [[unlikely]]
        spill(slot, sketch, bin);
    }
    bool full = any_full(slot.sums);
    if constexpr (kTold) full |= add_tallies(block, i, slot);
    if (++slot.seconds[block.seconds[i]] == kSweepEvents || full) [[unlikely]]
      sweep(slot);
  }
}

template <std::size_t kSketches>
void add_block(const Addition& addition) {
  if (addition.block->any_told)
    add_sketched<kSketches, true>(addition);
  else
    add_sketched<kSketches, false>(addition);
}

inline void add(const Addition& addition) {
  switch (addition.sketches) {
    case 0:
      return add_block<0>(addition);
    case 1:
      return add_block<1>(addition);
    case 2:
      return add_block<2>(addition);
    case 3:
      return add_block<3>(addition);
    case 4:
      return add_block<4>(addition);
    case 5:
      return add_block<5>(addition);
    default:
      return add_block<6>(addition);
  }
}
