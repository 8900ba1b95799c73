// The source of both kernels, first part: columns into what an event adds. Included once by each of
// kernel_portable.cc and kernel_v3.cc, within a namespace of its own. Loops over arrays without
// calls or branches, so that compilers vectorise them; rounding is exact, so that the width of the
// vectors cannot show.

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

/// Bits of Block::told behind the flags: the event tells cached tokens, retries.
constexpr unsigned kFlagBits = 4;
constexpr unsigned kFlagMask = (1u << kFlagBits) - 1;

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

/// What an event tells beside its lanes. Values of kLaneLimit and more become absent.
inline void to_tallies(const BlockColumns& columns, Block& block) {
  block.any_told = columns.flags != nullptr;
  for (const std::uint32_t* column : columns.tallies) block.any_told |= column != nullptr;
  if (!block.any_told) return;
  for (std::size_t i = 0; i < columns.count; ++i)
    block.told[i] = columns.flags == nullptr ? 0 : columns.flags[i] & kFlagMask;
  std::uint32_t wide = 0;
  for (std::size_t k = 0; k < kTallySums; ++k) {
    const std::uint32_t* const values =
        columns.tallies[k] == nullptr ? kAbsentColumn.data() : columns.tallies[k];
    for (std::size_t i = 0; i < columns.count; ++i) {
      const std::uint32_t present = values[i] < kLaneLimit;
      wide |= (present ^ 1) & (values[i] != kNone);
      block.tallies[i][k] = present != 0 ? values[i] : 0;
      block.told[i] = static_cast<std::uint8_t>(block.told[i] | present << (kFlagBits + k));
    }
  }
  block.any_wide |= wide != 0;
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
  to_tallies(columns, block);
  for (std::size_t d = 0; d < aggregates::kDurations; ++d)
    if (wanted >> d & 1) to_bins(lanes[d], columns.count, block.bins[d]);
  to_panes(columns.times_us, columns.count, block);
}
