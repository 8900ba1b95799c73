// The source of both kernels: included once by each of kernel_portable.cc and kernel_v3.cc, within a
// namespace of its own. Loops over arrays without calls or branches, so that compilers vectorise
// them; rounding is exact, so that the vector's width cannot show.

using sketches::ddsketch_bin;

constexpr std::uint32_t kNone = 0xFFFF'FFFF;
static_assert(kNone == events::kAbsent);
constexpr std::size_t kTpotLane = static_cast<std::size_t>(aggregates::Duration::tpot);
constexpr std::size_t kLatencyLane = static_cast<std::size_t>(aggregates::Duration::latency);
constexpr std::size_t kTtftLane = static_cast<std::size_t>(aggregates::Duration::ttft);

using Column = std::array<std::uint32_t, kBlock>;

/// Values of kLaneLimit and more become absent; whether there were any.
inline bool narrow(const std::uint32_t* values, std::size_t count, Column& out) {
  std::uint32_t wide = 0;
  for (std::size_t i = 0; i < count; ++i) {
    const std::uint32_t value = values[i];
    out[i] = value < kLaneLimit ? value : kNone;
    wide |= value >= kLaneLimit && value != kNone ? 1u : 0u;
  }
  return wide != 0;
}

/// (latency - ttft) / (output tokens - 1), rounded half up, where it is defined. All are below 2^31,
/// so numerator and denominator are exact doubles, and so close to 2^53 from below that the rounded
/// quotient of two integers never reaches an integer that the exact one does not.
inline void time_per_token(const Column& latency, const Column& ttft, const Column& output,
                           std::size_t count, Column& out) {
  for (std::size_t i = 0; i < count; ++i) {
    const bool defined =
        latency[i] != kNone && ttft[i] <= latency[i] && output[i] != kNone && output[i] >= 2;
    const auto time = static_cast<std::int32_t>(defined ? latency[i] - ttft[i] : 0u);
    const auto tokens = static_cast<std::int32_t>(defined ? output[i] - 1 : 1u);
    const double twice = 2.0 * static_cast<double>(tokens);
    const double quotient = (2.0 * static_cast<double>(time) + static_cast<double>(tokens)) / twice;
    const auto rounded = static_cast<std::uint32_t>(static_cast<std::int32_t>(quotient));
    out[i] = defined ? rounded : kNone;
  }
}

inline void to_rows(const std::array<Column, kLanes>& columns, std::size_t count, Block& block) {
  for (std::size_t i = 0; i < count; ++i)
    for (std::size_t lane = 0; lane < kLanes; ++lane) {
      const std::uint32_t value = columns[lane][i];
      block.values[i][lane] = value == kNone ? 0 : value;
      block.present[i][lane] = value == kNone ? 0 : 1;
    }
}

inline void to_bins(const Column& values, std::size_t count,
                    std::array<std::uint16_t, kBlock>& bins) {
  for (std::size_t i = 0; i < count; ++i) {
    const std::uint32_t bin = ddsketch_bin(values[i]);
    bins[i] = static_cast<std::uint16_t>(values[i] == kNone ? kAbsentBin : bin);
  }
}

inline void prepare(const BlockColumns& columns, unsigned wanted, Block& block) {
  std::array<Column, kLanes> lanes;
  block.any_wide = false;
  for (std::size_t lane = 0; lane < kLanes; ++lane) {
    if (columns.lanes[lane] == nullptr)
      lanes[lane].fill(kNone);
    else
      block.any_wide |= narrow(columns.lanes[lane], columns.count, lanes[lane]);
  }
  time_per_token(lanes[kLatencyLane], lanes[kTtftLane], lanes[kOutputLane], columns.count,
                 lanes[kTpotLane]);
  to_rows(lanes, columns.count, block);
  for (std::size_t d = 0; d < aggregates::kDurations; ++d)
    if (wanted >> d & 1) to_bins(lanes[d], columns.count, block.bins[d]);
  for (std::size_t i = 0; i < columns.count; ++i) {
    // Unsigned: events that count are after 1970.
    const auto second = static_cast<std::uint64_t>(columns.times_us[i]) / kSecondUs;
    block.panes[i] = static_cast<std::int64_t>(second / aggregates::kPaneSeconds);
    block.seconds[i] = static_cast<std::uint8_t>(second % aggregates::kPaneSeconds);
  }
}

template <std::size_t kSketches>
void add_sketched(const Addition& addition) {
  const Block& block = *addition.block;
  for (std::size_t i = 0; i < addition.count; ++i) {
    Slot& slot = *addition.slots[i];
    std::uint32_t full = 0;
    for (std::size_t lane = 0; lane < kLanes; ++lane) {
      const std::uint32_t value = block.values[i][lane];
      slot.sums[lane] += value;
      full |= slot.sums[lane];
      slot.maxima[lane] = slot.maxima[lane] < value ? value : slot.maxima[lane];
      slot.counts[lane] = static_cast<std::uint16_t>(slot.counts[lane] + block.present[i][lane]);
    }
    ++slot.seconds[block.seconds[i]];
    slot.absent_status = static_cast<std::uint16_t>(slot.absent_status + addition.absent_status);
    for (std::size_t sketch = 0; sketch < kSketches; ++sketch) {
      const std::uint32_t bin = addition.bins[sketch][i];
      slot.block_masks[sketch] |= 1u << (bin >> 6);
      if (++slot.bins(sketch)[bin] == 0) [[unlikely]]
        spill(slot, sketch, bin);
    }
    if (++slot.events == kSweepEvents || full >= kLaneLimit) [[unlikely]]
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
