#include "processors/sketches/ddsketch.h"

#include <algorithm>
#include <bit>
#include <cassert>
#include <cstring>
#include <limits>
#include <numeric>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include "processors/sketches/ddsketch_counts.h"
#include "processors/sketches/varint.h"

namespace weir::sketches {

namespace {

constexpr std::size_t kSparseBins = 64;
constexpr std::size_t kMaxEncodedBytes =
    kMaxVarintBytes + kDdSketchBlocks * sizeof(std::uint64_t) + kDdSketchBins * kMaxVarintBytes;

using Bitmaps = std::array<std::uint64_t, kDdSketchBlocks>;

/// The bins that the last block really has.
constexpr std::uint64_t kLastBlock = (std::uint64_t{1} << kDdSketchBins % 64) - 1;

/// visit(bit) for each bit that is set, ascending.
template <class Visit>
void for_each_bit(std::uint64_t bits, Visit visit) {
  for (; bits != 0; bits &= bits - 1) visit(static_cast<std::uint32_t>(std::countr_zero(bits)));
}

/// The one writer of the format. `count_of(bin)` is asked for the bins in `bitmaps`, ascending.
template <class CountOf>
void write_bins(const Bitmaps& bitmaps, CountOf count_of, std::string& out) {
  std::array<char, kMaxEncodedBytes> buffer;
  std::uint32_t mask = 0;
  for (std::uint32_t block = 0; block < kDdSketchBlocks; ++block)
    mask |= std::uint32_t{bitmaps[block] != 0} << block;
  char* at = write_varint(buffer.data(), mask);
  for_each_bit(mask, [&](std::uint32_t block) {
    const std::uint64_t bitmap = bitmaps[block];
    std::memcpy(at, &bitmap, sizeof bitmap);
    at += sizeof bitmap;
    for_each_bit(bitmap,
                 [&](std::uint32_t bit) { at = write_varint(at, count_of(block * 64 + bit)); });
  });
  out.append(buffer.data(), static_cast<std::size_t>(at - buffer.data()));
}

/// A bit for each of 64 bytes that is not 0.
std::uint64_t nonzero_bytes(const std::uint8_t* bytes) {
  std::uint64_t bitmap = 0;
#ifdef __SSE2__
  const auto sixteen = [bytes](int i) {
    return _mm_loadu_si128(reinterpret_cast<const __m128i*>(bytes + i));
  };
  const auto zeros = [](__m128i values) {
    return static_cast<std::uint16_t>(
        _mm_movemask_epi8(_mm_cmpeq_epi8(values, _mm_setzero_si128())));
  };
  const __m128i all =
      _mm_or_si128(_mm_or_si128(sixteen(0), sixteen(16)), _mm_or_si128(sixteen(32), sixteen(48)));
  if (zeros(all) == 0xffff) return 0;
  for (int i = 0; i < 64; i += 16) bitmap |= std::uint64_t{zeros(sixteen(i))} << i;
  return ~bitmap;
#else
  for (int i = 0; i < 64; ++i) bitmap |= std::uint64_t{bytes[i] != 0} << i;
  return bitmap;
#endif
}

/// The smallest value of the bin or of one above it; past the last bin, the value past the range.
std::uint64_t lower_bound_us(std::uint32_t bin) {
  std::uint64_t low = 0;
  std::uint64_t high = std::uint64_t{kDdSketchMaxUs} + 1;
  while (low < high) {
    const std::uint64_t middle = low + (high - low) / 2;
    if (ddsketch_bin(middle) < bin)
      low = middle + 1;
    else
      high = middle;
  }
  return low;
}

/// The integer with the smallest worst relative error over [low, high]: next to the harmonic mean.
std::uint64_t representative_us(std::uint64_t low, std::uint64_t high) {
  if (low >= high) return low;
  const std::uint64_t below = low + low * (high - low) / (low + high);
  return (high - below) * low <= (below + 1 - low) * high ? below : below + 1;
}

std::array<std::uint32_t, kDdSketchBins> make_values() {
  std::array<std::uint32_t, kDdSketchBins> values{};
  std::uint64_t low = 0;
  for (std::uint32_t bin = 0; bin < kDdSketchBins; ++bin) {
    const std::uint64_t next = lower_bound_us(bin + 1);
    values[bin] = static_cast<std::uint32_t>(representative_us(low, std::max(low + 1, next) - 1));
    low = next;
  }
  return values;
}

}  // namespace

std::uint64_t ddsketch_value_us(std::uint32_t bin) {
  static const std::array<std::uint32_t, kDdSketchBins> values = make_values();
  assert(bin < kDdSketchBins);
  return values[bin];
}

BinTable::BinTable() {
  begin_.fill(std::numeric_limits<std::uint32_t>::max());
  const auto bin_of = [](std::uint32_t bits) {
    return static_cast<std::uint32_t>(ddsketch_float_bin(std::bit_cast<float>(bits)));
  };
  for (std::uint32_t cell = kFirstCell; cell <= kLastCell; ++cell) {
    const std::uint32_t first = bin_of(cell << kCellBits);
    first_bin_[cell - kFirstCell] = static_cast<std::uint16_t>(first);
    std::uint32_t low = cell << kCellBits;
    std::uint32_t high = (cell + 1) << kCellBits;
    if (bin_of(high) == first) continue;
    while (high - low > 1) {  // bin_of(low) == first < bin_of(high)
      const std::uint32_t middle = low + (high - low) / 2;
      (bin_of(middle) == first ? low : high) = middle;
    }
    begin_[first + 1] = high;
  }
}

void encode(const NarrowBins& bins, std::string& out) {
  Bitmaps bitmaps{};
  for_each_bit(bins.block_mask, [&](std::uint32_t block) {
    bitmaps[block] = nonzero_bytes(bins.bins + block * 64);
  });
  std::array<std::uint64_t, kDdSketchPaddedBins> wraps;
  if (!bins.spill.empty()) wraps.fill(0);
  for (const std::uint16_t bin : bins.spill) {
    ++wraps[bin];
    bitmaps[bin / 64] |= std::uint64_t{1} << bin % 64;
  }
  bitmaps.back() &= kLastBlock;
  if (bins.spill.empty())
    write_bins(bitmaps, [&](std::uint32_t bin) { return bins.bins[bin]; }, out);
  else
    write_bins(bitmaps, [&](std::uint32_t bin) { return wraps[bin] * 256 + bins.bins[bin]; }, out);
}

DdSketch::DdSketch(const DdSketch& other)
    : sparse_(other.sparse_),
      dense_(other.dense_ ? std::make_unique<Dense>(*other.dense_) : nullptr) {}

DdSketch& DdSketch::operator=(const DdSketch& other) {
  if (this != &other) *this = DdSketch(other);
  return *this;
}

/// visit(bin, count) for each bin that is not empty, ascending.
template <class Visit>
void DdSketch::for_each_bin(Visit visit) const {
  if (!dense_) {
    for (const Bin& bin : sparse_) visit(bin.bin, bin.count);
    return;
  }
  for (std::uint32_t block = 0; block < kDdSketchBlocks; ++block)
    for_each_bit(dense_->bitmaps[block], [&](std::uint32_t bit) {
      visit(block * 64 + bit, dense_->counts[block * 64 + bit]);
    });
}

void DdSketch::add_sparse(std::uint32_t bin, std::uint64_t count) {
  const auto at = std::ranges::lower_bound(sparse_, bin, {}, &Bin::bin);
  if (at != sparse_.end() && at->bin == bin) {
    at->count += count;
    return;
  }
  sparse_.insert(at, Bin{bin, count});
  if (sparse_.size() > kSparseBins) make_dense();
}

void DdSketch::make_dense() {
  if (dense_) return;
  dense_ = std::make_unique<Dense>();
  for (const Bin& bin : sparse_) {
    dense_->counts[bin.bin] = bin.count;
    dense_->bitmaps[bin.bin / 64] |= std::uint64_t{1} << bin.bin % 64;
  }
  sparse_ = {};
}

void DdSketch::merge(const DdSketch& other) {
  if (other.dense_) make_dense();
  other.for_each_bin([this](std::uint32_t bin, std::uint64_t count) { add_bin(bin, count); });
}

Result<std::uint64_t> DdSketch::merge_encoded(std::string_view& bytes) {
  const auto corrupt = [&](const char* what) {
    return fail(ErrorCode::corrupt, "DDSketch of {} bytes: {}", bytes.size(), what);
  };
  const char* const end = bytes.data() + bytes.size();
  std::uint64_t mask = 0;
  const char* at = read_varint(bytes.data(), end, mask);
  if (at == nullptr || mask >> kDdSketchBlocks != 0) return corrupt("bad mask of blocks");

  std::uint64_t total = 0;
  for (; mask != 0; mask &= mask - 1) {
    const auto block = static_cast<std::uint32_t>(std::countr_zero(mask));
    std::uint64_t bitmap = 0;
    if (static_cast<std::size_t>(end - at) < sizeof bitmap) return corrupt("cut off");
    std::memcpy(&bitmap, at, sizeof bitmap);
    at += sizeof bitmap;
    const bool past_last = block == kDdSketchBlocks - 1 && (bitmap & ~kLastBlock) != 0;
    if (bitmap == 0 || past_last) return corrupt("bad bitmap");
    if (dense_) {
      dense_->bitmaps[block] |= bitmap;
      at = add_counts(at, end, bitmap, dense_->counts.data() + block * 64, total);
    } else {
      std::array<std::uint64_t, 64> counts{};
      at = add_counts(at, end, bitmap, counts.data(), total);
      if (at != nullptr)
        for_each_bit(bitmap, [&](auto bit) { add_bin(block * 64 + bit, counts[bit]); });
    }
    if (at == nullptr) return corrupt("bad count");
  }
  if (total > kDdSketchMaxCount) return corrupt("total above 2^48");
  bytes.remove_prefix(static_cast<std::size_t>(at - bytes.data()));
  return total;
}

Result<DdSketch> DdSketch::decode(std::string_view& bytes) {
  DdSketch sketch;
  if (auto merged = sketch.merge_encoded(bytes); !merged)
    return std::unexpected(std::move(merged).error());
  return sketch;
}

void DdSketch::encode(std::string& out) const {
  if (dense_) {
    write_bins(dense_->bitmaps, [this](std::uint32_t bin) { return dense_->counts[bin]; }, out);
    return;
  }
  Bitmaps bitmaps{};
  for (const Bin& bin : sparse_) bitmaps[bin.bin / 64] |= std::uint64_t{1} << bin.bin % 64;
  auto next = sparse_.begin();
  write_bins(bitmaps, [&](std::uint32_t) { return (next++)->count; }, out);
}

bool DdSketch::empty() const {
  const auto zero = [](std::uint64_t bitmap) { return bitmap == 0; };
  return sparse_.empty() && (!dense_ || std::ranges::all_of(dense_->bitmaps, zero));
}

std::array<std::uint64_t, kDdSketchBlocks> DdSketch::block_counts() const {
  std::array<std::uint64_t, kDdSketchBlocks> totals{};
  for (std::uint32_t block = 0; block < kDdSketchBlocks; ++block) {
    if (dense_->bitmaps[block] == 0) continue;
    const auto first = dense_->counts.begin() + block * 64;
    totals[block] = std::accumulate(first, first + 64, std::uint64_t{0});
  }
  return totals;
}

std::uint64_t DdSketch::count() const {
  std::uint64_t total = 0;
  if (dense_) {
    for (const std::uint64_t count : block_counts()) total += count;
  } else {
    for (const Bin& bin : sparse_) total += bin.count;
  }
  return total;
}

std::uint64_t DdSketch::bin_count(std::uint32_t bin) const {
  assert(bin < kDdSketchBins);
  if (dense_) return dense_->counts[bin];
  const auto at = std::ranges::lower_bound(sparse_, bin, {}, &Bin::bin);
  return at != sparse_.end() && at->bin == bin ? at->count : 0;
}

void DdSketch::quantiles_us(std::span<const std::uint32_t> q,
                            std::span<std::uint64_t> values_us) const {
  assert(q.size() == values_us.size() && std::ranges::is_sorted(q));
  std::ranges::fill(values_us, 0);
  std::array<std::uint64_t, kDdSketchBlocks> in_block{};
  if (dense_) in_block = block_counts();
  const std::uint64_t total = dense_ ? std::reduce(in_block.begin(), in_block.end()) : count();
  // ceil(q * total / 10000) without a product that overflows.
  const auto position = [&](std::size_t i) {
    if (i == q.size()) return std::numeric_limits<std::uint64_t>::max();
    const std::uint64_t whole = total / 10'000 * q[i];
    return std::max<std::uint64_t>(1, whole + (total % 10'000 * q[i] + 9'999) / 10'000);
  };
  std::size_t next = 0;
  std::uint64_t wanted = position(next);
  std::uint64_t seen = 0;
  const auto see = [&](std::uint32_t bin, std::uint64_t count) {
    seen += count;
    for (; wanted <= seen; wanted = position(++next)) values_us[next] = ddsketch_value_us(bin);
  };
  if (!dense_)
    for (const Bin& bin : sparse_) see(bin.bin, bin.count);
  for (std::uint32_t block = 0; dense_ && block < kDdSketchBlocks; ++block) {
    if (seen + in_block[block] < wanted) {
      seen += in_block[block];
    } else {
      for_each_bit(dense_->bitmaps[block], [&](std::uint32_t bit) {
        see(block * 64 + bit, dense_->counts[block * 64 + bit]);
      });
    }
  }
}

std::uint64_t DdSketch::quantile_us(std::uint32_t q) const {
  std::uint64_t value_us = 0;
  quantiles_us({&q, 1}, {&value_us, 1});
  return value_us;
}

void DdSketch::clear() {
  sparse_.clear();
  if (!dense_) return;
  for (std::uint32_t block = 0; block < kDdSketchBlocks; ++block)
    if (dense_->bitmaps[block] != 0) std::fill_n(dense_->counts.begin() + block * 64, 64, 0);
  dense_->bitmaps.fill(0);
}

std::size_t DdSketch::memory_bytes() const {
  return sparse_.capacity() * sizeof(Bin) + (dense_ ? sizeof(Dense) : 0);
}

bool operator==(const DdSketch& a, const DdSketch& b) {
  for (std::uint32_t bin = 0; bin < kDdSketchBins; ++bin)
    if (a.bin_count(bin) != b.bin_count(bin)) return false;
  return true;
}

}  // namespace weir::sketches
