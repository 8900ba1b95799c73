// DDSketch: a distribution of durations whose quantiles are within 1 % of the exact ones, and whose
// merge is bit for bit commutative and associative (Masson, Rim, Lee: "DDSketch: A Fast and
// Fully-Mergeable Quantile Sketch with Relative-Error Guarantees", VLDB 2019). The bins are fixed
// (ddsketch_bin.h), never collapsed, and counts are u64.
//
// Encoded form (versioned by whatever contains it; canonical: equal sketches have equal bytes):
//
//   varint  mask of the blocks of 64 bins that hold something, bit i for bins [64 i, 64 i + 64);
//           0 is the empty sketch, and nothing follows
//   then for each of those blocks, ascending
//   u64     bitmap of its non-empty bins, little-endian
//   varint  the count of each of them, ascending
//
// Decoding refuses everything else, and counts above 2^48: so merges cannot wrap a u64, and whoever
// counts further in memory has written what nobody reads.
//
// A value; not thread-safe. Copying copies the bins.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "processors/core/result.h"
#include "processors/sketches/ddsketch_bin.h"

namespace weir::sketches {

inline constexpr std::uint64_t kDdSketchMaxCount = std::uint64_t{1} << 48;

/// A sketch as fold's kernels keep it: one byte a bin, wrapping at 256.
struct NarrowBins {
  std::uint32_t block_mask = 0;          // blocks that may hold something; a superset will do
  const std::uint8_t* bins = nullptr;    // kDdSketchPaddedBins; past the last bin: ignored
  std::span<const std::uint16_t> spill;  // a bin for every time its byte wrapped, in any order
};

/// Appends the encoded form of a sketch with these counts.
void encode(const NarrowBins& bins, std::string& out);

/// What add() looks bins up in: ddsketch_bin as a table over the upper bits of a float, so fine
/// that at most one bin begins within a cell. Half the formula's time where there is no vector of
/// values.
class BinTable {
 public:
  static const BinTable& instance() {
    static const BinTable table;
    return table;
  }

  std::uint32_t bin(std::uint64_t value_us) const {
    if (value_us - kDdSketchExactUs > kDdSketchMaxUs - kDdSketchExactUs) [[unlikely]]
      return ddsketch_bin(value_us);
    const auto bits =
        std::bit_cast<std::uint32_t>(static_cast<float>(static_cast<std::int64_t>(value_us)));
    const std::uint32_t first = first_bin_[(bits >> kCellBits) - kFirstCell];
    return first + (bits >= begin_[first + 1] ? 1 : 0);
  }

 private:
  BinTable();

  static constexpr std::uint32_t kCellBits = 16;
  static constexpr std::uint32_t kFirstCell =
      std::bit_cast<std::uint32_t>(static_cast<float>(kDdSketchExactUs)) >> kCellBits;
  static constexpr std::uint32_t kLastCell =
      std::bit_cast<std::uint32_t>(static_cast<float>(kDdSketchMaxUs)) >> kCellBits;

  std::array<std::uint16_t, kLastCell - kFirstCell + 1> first_bin_;  // of a cell
  std::array<std::uint32_t, kDdSketchBins + 1> begin_;               // of a bin, as a float's bits
};

class DdSketch {
 public:
  DdSketch() = default;
  ~DdSketch() = default;
  DdSketch(const DdSketch& other);
  DdSketch& operator=(const DdSketch& other);
  DdSketch(DdSketch&&) noexcept = default;
  DdSketch& operator=(DdSketch&&) noexcept = default;

  /// Any value is taken; above 1 h it counts as 1 h.
  void add(std::uint64_t value_us) { add_bin(BinTable::instance().bin(value_us), 1); }
  /// bin < kDdSketchBins, count > 0.
  void add_bin(std::uint32_t bin, std::uint64_t count) {
    if (!dense_) [[unlikely]]
      return add_sparse(bin, count);
    std::uint64_t& there = dense_->counts[bin];
    if (there == 0) dense_->bitmaps[bin / 64] |= std::uint64_t{1} << bin % 64;
    there += count;
  }

  void merge(const DdSketch& other);
  /// Merges the encoded sketch at the front of `bytes`, removes it from there and returns how many
  /// values it held. Error: corrupt; this sketch then holds an unknown part of it and is good for
  /// clear() only.
  Result<std::uint64_t> merge_encoded(std::string_view& bytes);
  /// The encoded sketch at the front of `bytes`, removed from there. Error: corrupt.
  static Result<DdSketch> decode(std::string_view& bytes);
  void encode(std::string& out) const;

  bool empty() const;
  /// Adds the bins up.
  std::uint64_t count() const;
  std::uint64_t bin_count(std::uint32_t bin) const;

  /// Nearest-rank: the value at the 1-based position ceil(q * count), at least 1, of the sorted
  /// values, within 1 % if it is at most 1 h. `q` in parts per ten thousand: 9990 is P99.9. Several
  /// at once, `q` ascending, cost one pass. An empty sketch has none: 0.
  void quantiles_us(std::span<const std::uint32_t> q, std::span<std::uint64_t> values_us) const;
  std::uint64_t quantile_us(std::uint32_t q) const;

  /// Forgets the values and keeps the memory.
  void clear();
  /// Of the heap.
  std::size_t memory_bytes() const;

  /// Equal counts in every bin, however they are represented.
  friend bool operator==(const DdSketch& a, const DdSketch& b);

 private:
  struct Bin {
    std::uint32_t bin;
    std::uint64_t count;
  };
  struct Dense {
    std::array<std::uint64_t, kDdSketchBlocks> bitmaps;  // of the bins that are not 0
    std::array<std::uint64_t, kDdSketchPaddedBins> counts;
  };

  void add_sparse(std::uint32_t bin, std::uint64_t count);
  void make_dense();
  /// REQUIRES: dense_.
  std::array<std::uint64_t, kDdSketchBlocks> block_counts() const;
  template <class Visit>
  void for_each_bin(Visit visit) const;

  // Few bins are a sorted list; once they are more than kSparseBins, an array until destruction.
  std::vector<Bin> sparse_;
  std::unique_ptr<Dense> dense_;  // null while sparse
};

/// What stands for every value of a bin.
std::uint64_t ddsketch_value_us(std::uint32_t bin);

}  // namespace weir::sketches
