// The source of both kernels: included once by each of kernel_portable.cc and kernel_v3.cc, within
// a namespace of its own. Loops over arrays without calls or branches, so that compilers vectorise
// them; rounding is exact, so that the vector's width cannot show.

using aggregates::kPaneSeconds;
using sketches::ddsketch_bin;

constexpr std::uint32_t kNone = 0xFFFF'FFFF;
static_assert(kNone == events::kAbsent);
constexpr std::size_t kTpotLane = static_cast<std::size_t>(aggregates::Duration::tpot);
constexpr std::size_t kLatencyLane = static_cast<std::size_t>(aggregates::Duration::latency);
constexpr std::size_t kTtftLane = static_cast<std::size_t>(aggregates::Duration::ttft);

using Column = std::array<std::uint32_t, kBlock>;

constexpr Column make_absent_column() {
  Column column{};
  column.fill(kNone);
  return column;
}
alignas(64) constexpr Column kAbsentColumn = make_absent_column();

// GCC's vector extensions: one register where there is one of this width, several where not.
using Lanes = std::uint32_t __attribute__((vector_size(kLanes * sizeof(std::uint32_t))));
using SignedLanes = std::int32_t __attribute__((vector_size(kLanes * sizeof(std::int32_t))));
using NarrowLanes = std::uint16_t __attribute__((vector_size(kLanes * sizeof(std::uint16_t))));

/// (latency - ttft) / (output tokens - 1), rounded half up, where it is defined. All are below
/// 2^31, so the doubles are exact. So is the quotient's whole part: of two integers a and b below
/// 2^34, a/b differs from the next integer by 1/b at least, which is 2^-35 of it; a double rounds
/// by 2^-53.
inline void time_per_token(const std::uint32_t* latency, const std::uint32_t* ttft,
                           const std::uint32_t* output, std::size_t count, Column& out) {
  for (std::size_t i = 0; i < count; ++i) {
    const bool defined = (latency[i] < kLaneLimit) & (ttft[i] <= latency[i]) &
                         (output[i] < kLaneLimit) & (output[i] >= 2);
    const auto time = static_cast<std::int32_t>(defined ? latency[i] - ttft[i] : 0u);
    const auto tokens = static_cast<std::int32_t>(defined ? output[i] - 1 : 1u);
    const double twice = 2.0 * static_cast<double>(tokens);
    const double quotient = (2.0 * static_cast<double>(time) + static_cast<double>(tokens)) / twice;
    const auto rounded = static_cast<std::uint32_t>(static_cast<std::int32_t>(quotient));
    out[i] = defined ? rounded : kNone;
  }
}

/// Columns to rows. Values of kLaneLimit and more become absent: their top bit is set, as kNone's
/// is.
inline void to_rows(const std::array<const std::uint32_t*, kLanes>& in, std::size_t count,
                    Block& block) {
  Lanes wide{};
  for (std::size_t i = 0; i < count; ++i) {
    const Lanes value = {in[0][i], in[1][i], in[2][i], in[3][i],
                         in[4][i], in[5][i], in[6][i], in[7][i]};
    const auto present = reinterpret_cast<Lanes>(reinterpret_cast<SignedLanes>(value) >= 0);
    wide |= ~present & reinterpret_cast<Lanes>(value != kNone);
    const Lanes kept = value & present;
    const NarrowLanes counted = __builtin_convertvector(present & 1, NarrowLanes);
    std::memcpy(block.values[i].data(), &kept, sizeof kept);
    std::memcpy(block.present[i].data(), &counted, sizeof counted);
  }
  block.any_wide = false;
  for (std::size_t lane = 0; lane < kLanes; ++lane) block.any_wide |= wide[lane] != 0;
}

inline void to_bins(const std::uint32_t* values, std::size_t count,
                    std::array<std::uint16_t, kBlock>& bins) {
  for (std::size_t i = 0; i < count; ++i) {
    const std::uint32_t bin = ddsketch_bin(values[i]);
    bins[i] = static_cast<std::uint16_t>(values[i] < kLaneLimit ? bin : kAbsentBin);
  }
}

/// Unsigned, because an event that is left out may have any time.
inline void to_panes(const std::int64_t* times_us, std::size_t count, Block& block) {
  constexpr std::int64_t kPaneUs = kPaneSeconds * kSecondUs;
  std::int64_t least = times_us[0];
  std::int64_t greatest = times_us[0];
  for (std::size_t i = 1; i < count; ++i) {
    least = times_us[i] < least ? times_us[i] : least;
    greatest = times_us[i] > greatest ? times_us[i] : greatest;
  }
  const std::int64_t first = floor_div(least, kPaneUs);
  const std::uint64_t start = static_cast<std::uint64_t>(first) * kPaneUs;
  const bool narrow = static_cast<std::uint64_t>(greatest) - start <= 0xFFFF'FFFF;
  for (std::size_t i = 0; narrow && i < count; ++i) {
    const auto offset = static_cast<std::uint32_t>(static_cast<std::uint64_t>(times_us[i]) - start);
    const std::uint32_t second = offset / static_cast<std::uint32_t>(kSecondUs);
    const std::uint32_t pane = second / std::uint32_t{kPaneSeconds};
    block.panes[i] = first + pane;
    block.seconds[i] = static_cast<std::uint8_t>(second - pane * std::uint32_t{kPaneSeconds});
  }
  for (std::size_t i = 0; !narrow && i < count; ++i) {
    const std::int64_t second = floor_div(times_us[i], kSecondUs);
    block.panes[i] = floor_div(second, std::int64_t{kPaneSeconds});
    block.seconds[i] =
        static_cast<std::uint8_t>(second - block.panes[i] * std::int64_t{kPaneSeconds});
  }
}

inline void prepare(const BlockColumns& columns, unsigned wanted, Block& block) {
  std::array<const std::uint32_t*, kLanes> lanes;
  for (std::size_t lane = 0; lane < kLanes; ++lane)
    lanes[lane] = columns.lanes[lane] == nullptr ? kAbsentColumn.data() : columns.lanes[lane];
  Column tpot;
  time_per_token(lanes[kLatencyLane], lanes[kTtftLane], lanes[kOutputLane], columns.count, tpot);
  lanes[kTpotLane] = tpot.data();
  to_rows(lanes, columns.count, block);
  for (std::size_t d = 0; d < aggregates::kDurations; ++d)
    if (wanted >> d & 1) to_bins(lanes[d], columns.count, block.bins[d]);
  to_panes(columns.times_us, columns.count, block);
}

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
template <std::size_t kSketches>
[[gnu::always_inline]] inline void prefetch(const Addition& addition, std::size_t i) {
  Slot& slot = *addition.slots[i];
  __builtin_prefetch(slot.sums.data(), 1);
  __builtin_prefetch(slot.counts.data(), 1);
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

template <std::size_t kSketches>
void add_sketched(const Addition& addition) {
  constexpr std::size_t kAhead = 16;  // events
  const Block& block = *addition.block;
  std::array<const std::uint16_t*, kSketches> bins;
  std::copy_n(addition.bins.begin(), kSketches, bins.begin());
  for (std::size_t i = 0; i < std::min(kAhead, addition.count); ++i)
    prefetch<kSketches>(addition, i);
  for (std::size_t i = 0; i < addition.count; ++i) {
    if (i + kAhead < addition.count) prefetch<kSketches>(addition, i + kAhead);
    Slot& slot = *addition.slots[i];
    add_lanes(block, i, slot);
    for (std::size_t sketch = 0; sketch < kSketches; ++sketch) {
      const std::uint32_t bin = bins[sketch][i];
      slot.block_masks[sketch] |= 1u << (bin >> 6);
      if (++slot.bins(sketch)[bin] == 0) [[unlikely]]
        spill(slot, sketch, bin);
    }
    if (++slot.seconds[block.seconds[i]] == kSweepEvents || any_full(slot.sums)) [[unlikely]]
      sweep(slot);
  }
}

inline void add(const Addition& addition) {
  switch (addition.sketches) {
    case 0:
      return add_sketched<0>(addition);
    case 1:
      return add_sketched<1>(addition);
    case 2:
      return add_sketched<2>(addition);
    case 3:
      return add_sketched<3>(addition);
    case 4:
      return add_sketched<4>(addition);
    case 5:
      return add_sketched<5>(addition);
    default:
      return add_sketched<6>(addition);
  }
}
