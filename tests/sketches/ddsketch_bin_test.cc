#include "processors/sketches/ddsketch_bin.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <string>

#include "processors/core/bytes.h"
#include "processors/core/hash.h"
#include "processors/sketches/ddsketch.h"

namespace weir::sketches {
namespace {

float to_float(std::uint32_t bits) { return std::bit_cast<float>(bits); }

std::uint32_t bin_of(std::uint32_t bits) {
  return static_cast<std::uint32_t>(ddsketch_float_bin(to_float(bits)));
}

const std::uint32_t kFirstBits = std::bit_cast<std::uint32_t>(static_cast<float>(kDdSketchExactUs));
const std::uint32_t kLastBits = std::bit_cast<std::uint32_t>(static_cast<float>(kDdSketchMaxUs));

/// The bits of the first float of `bin`, which is above kDdSketchExactUs.
std::uint32_t first_bits(std::uint32_t bin) {
  std::uint32_t low = kFirstBits;
  std::uint32_t high = kLastBits + 1;
  while (low < high) {
    const std::uint32_t middle = low + (high - low) / 2;
    if (bin_of(middle) < bin)
      low = middle + 1;
    else
      high = middle;
  }
  return low;
}

/// The smallest integer of the bin or of one above.
std::uint64_t first_integer(std::uint32_t bin) {
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

TEST(DdSketchBin, has_its_ends_where_the_range_has) {
  EXPECT_EQ(ddsketch_bin(0u), 0u);
  for (std::uint32_t value = 0; value <= 128; ++value) EXPECT_EQ(ddsketch_bin(value), value);
  EXPECT_EQ(ddsketch_bin(2'047u), 383u);
  EXPECT_EQ(ddsketch_bin(2'048u), 384u);
  EXPECT_EQ(ddsketch_bin(kDdSketchMaxUs), kDdSketchBins - 1);
  EXPECT_EQ(ddsketch_bin(kDdSketchMaxUs + 1), kDdSketchBins - 1);
  EXPECT_EQ(ddsketch_bin(~std::uint32_t{0}), kDdSketchBins - 1);
  EXPECT_EQ(ddsketch_bin(~std::uint64_t{0}), kDdSketchBins - 1);
  EXPECT_EQ(ddsketch_bin((std::uint64_t{1} << 32) + 5), kDdSketchBins - 1);
}

// Every 61st float here, and all of those around a boundary below. A sweep over each of the 215
// million floats and over every integer up to 3.6e9 found the same, with GCC and Clang, SSE2 and
// AVX2.
TEST(DdSketchBin, grows_with_the_value_bin_by_bin) {
  std::uint32_t last = kDdSketchExactUs;
  for (std::uint32_t bits = kFirstBits; bits <= kLastBits; bits += 61) {
    const std::uint32_t bin = bin_of(bits);
    ASSERT_TRUE(bin == last || bin == last + 1) << to_float(bits) << " in bin " << bin;
    last = bin;
  }
}

TEST(DdSketchBin, is_monotone_around_each_boundary_and_the_table_agrees) {
  const BinTable& table = BinTable::instance();
  for (std::uint32_t bin = kDdSketchExactUs + 1; bin < kDdSketchBins; ++bin) {
    const std::uint32_t begin = first_bits(bin);
    for (std::uint32_t bits = begin - 1'000; bits < begin + 1'000; ++bits) {
      const std::uint32_t found = bin_of(bits);
      ASSERT_EQ(found, bits < begin ? bin - 1 : bin) << to_float(bits);
    }
    const std::uint64_t integer = first_integer(bin);
    for (std::uint64_t value = integer - std::min<std::uint64_t>(integer, 200);
         value < integer + 200; ++value)
      ASSERT_EQ(table.bin(value), ddsketch_bin(value)) << value;
  }
}

TEST(DdSketchBin, has_a_representative_within_one_percent_of_all_its_integers) {
  for (std::uint32_t bin = 0; bin < kDdSketchBins; ++bin) {
    const std::uint64_t low = first_integer(bin);
    const std::uint64_t high = first_integer(bin + 1);
    ASSERT_LT(low, high) << bin;
    const std::uint64_t value = ddsketch_value_us(bin);
    ASSERT_TRUE(low <= value && value < high) << bin;
    ASSERT_LE(100 * (value - low), low) << bin;
    ASSERT_LE(100 * (high - 1 - value), high - 1) << bin;
  }
}

// Stored sketches mean something by these boundaries: they must be the same on every machine,
// forever.
TEST(DdSketchBin, never_moves_a_boundary) {
  std::string boundaries;
  for (std::uint32_t bin = 0; bin <= kDdSketchBins; ++bin) {
    put_fixed(boundaries, first_integer(bin));
    if (bin < kDdSketchBins) put_fixed(boundaries, ddsketch_value_us(bin));
  }

  EXPECT_EQ(ddsketch_bin(1'000u), 317u);
  EXPECT_EQ(ddsketch_bin(1'000'000u), 705u);
  EXPECT_EQ(hash64(boundaries), 6072113814592330446u);
}

}  // namespace
}  // namespace weir::sketches
