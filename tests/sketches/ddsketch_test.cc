#include "processors/sketches/ddsketch.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include "processors/core/id.h"

namespace weir::sketches {
namespace {

using Values = std::vector<std::uint64_t>;

DdSketch sketch_of(const Values& values) {
  DdSketch sketch;
  for (const std::uint64_t value : values) sketch.add(value);
  return sketch;
}

std::string encoded(const DdSketch& sketch) {
  std::string bytes;
  sketch.encode(bytes);
  return bytes;
}

/// "count | bin:count bin:count"
std::string render(const DdSketch& sketch) {
  std::string text = std::to_string(sketch.count()) + " |";
  for (std::uint32_t bin = 0; bin < kDdSketchBins; ++bin)
    if (const std::uint64_t count = sketch.bin_count(bin); count != 0)
      text += " " + std::to_string(bin) + ":" + std::to_string(count);
  return text;
}

/// As many bins as make it an array, without a value left in it.
DdSketch empty_dense() {
  DdSketch sketch;
  for (std::uint32_t bin = 0; bin < kDdSketchBins; ++bin) sketch.add_bin(bin, 1);
  sketch.clear();
  return sketch;
}

rc::Gen<std::uint64_t> any_value() {
  using rc::gen::inRange;
  const auto representative = rc::gen::map(inRange<std::uint32_t>(0, kDdSketchBins),
                                           [](auto bin) { return ddsketch_value_us(bin); });
  const auto power =
      rc::gen::map(inRange(0, 33), [](int i) { return (std::uint64_t{1} << i) - 1; });
  return rc::gen::oneOf(inRange<std::uint64_t>(0, 300), inRange<std::uint64_t>(0, 4'000'000'000),
                        inRange<std::uint64_t>(90'000, 110'000), representative, power,
                        rc::gen::just(std::uint64_t{kDdSketchMaxUs}),
                        rc::gen::arbitrary<std::uint64_t>());
}

Values any_values() { return *rc::gen::container<Values>(any_value()); }

/// Adversarial shapes of up to a few thousand values within the range.
Values any_distribution() {
  const auto size = *rc::gen::inRange<std::size_t>(1, 2'000);
  const auto a = *rc::gen::inRange<std::uint64_t>(0, 3'600'000'001);
  const auto b = *rc::gen::inRange<std::uint64_t>(0, 3'600'000'001);
  const int shape = *rc::gen::inRange(0, 6);
  Values values(size, a);
  for (std::size_t i = 0; i < size; ++i) {
    if (shape == 1) values[i] = i % 3 == 0 ? a : b;                                // two points
    if (shape == 2) values[i] = std::uint64_t{1} << i % 31;                        // geometric
    if (shape == 3) values[i] = std::min(a, b) + i * (std::max(a, b) / size / 2);  // uniform
    if (shape == 4) values[i] = 3'600'000'000 / (i + 1);                           // heavy tail
    if (shape == 5) values[i] = ddsketch_value_us(static_cast<std::uint32_t>(i % kDdSketchBins));
    values[i] = std::min<std::uint64_t>(values[i], kDdSketchMaxUs);
  }
  return values;
}

constexpr std::array<std::uint32_t, 8> kParts = {0, 1, 5'000, 9'000, 9'500, 9'900, 9'990, 10'000};

RC_GTEST_PROP(DdSketch, keeps_quantiles_within_one_percent_of_the_nearest_rank, ()) {
  Values values = any_distribution();
  const DdSketch sketch = sketch_of(values);

  std::array<std::uint64_t, kParts.size()> found{};
  sketch.quantiles_us(kParts, found);

  std::ranges::sort(values);
  for (std::size_t i = 0; i < kParts.size(); ++i) {
    const std::size_t position =
        std::max<std::size_t>(1, (kParts[i] * values.size() + 9'999) / 10'000);
    const std::uint64_t exact = values[position - 1];
    const std::uint64_t off = exact > found[i] ? exact - found[i] : found[i] - exact;
    RC_ASSERT(100 * off <= exact);
    RC_ASSERT(sketch.quantile_us(kParts[i]) == found[i]);
  }
}

TEST(DdSketch, counts_what_is_above_an_hour_as_an_hour) {
  const DdSketch sketch = sketch_of({4'000'000'000, 1'000'000'000'000, ~std::uint64_t{0}});
  const std::uint64_t hour = sketch.quantile_us(5'000);
  EXPECT_EQ(render(sketch), "3 | 1130:3");
  EXPECT_NEAR(static_cast<double>(hour), 3.6e9, 3.6e7);
}

TEST(DdSketch, has_no_quantile_when_empty) {
  EXPECT_EQ(DdSketch().quantile_us(5'000), 0u);
  EXPECT_TRUE(DdSketch().empty());
}

TEST(DdSketch, takes_the_position_in_integers) {
  // ceil(0.5 * 4) = 2 and ceil(0.999 * 1000) = 999, where a product of doubles may say 1,000.
  EXPECT_EQ(sketch_of({10, 20, 30, 40}).quantile_us(5'000), 20u);
  Values values(999, 10);
  values.push_back(90);
  EXPECT_EQ(sketch_of(values).quantile_us(9'990), 10u);
  EXPECT_EQ(sketch_of(values).quantile_us(9'991), 90u);
}

RC_GTEST_PROP(DdSketch, merges_in_any_order_to_the_same_bytes, ()) {
  const DdSketch a = sketch_of(any_values());
  const DdSketch b = sketch_of(any_values());
  const DdSketch c = sketch_of(any_values());

  DdSketch left = a;
  left.merge(b);
  left.merge(c);
  DdSketch bc = c;
  bc.merge(b);
  DdSketch right = empty_dense();
  right.merge(bc);
  right.merge(a);

  RC_ASSERT(encoded(left) == encoded(right));
  RC_ASSERT(left == right);
  RC_ASSERT(left.count() == a.count() + b.count() + c.count());
}

RC_GTEST_PROP(DdSketch, has_the_same_bytes_however_it_is_represented, ()) {
  const Values values = any_values();
  DdSketch sparse = sketch_of(values);
  DdSketch dense = empty_dense();
  for (const std::uint64_t value : values) dense.add(value);
  std::array<std::uint8_t, kDdSketchPaddedBins> bytes{};
  std::vector<std::uint16_t> spill;
  for (const std::uint64_t value : values)
    for (int i = 0; i < 100; ++i)  // often enough to wrap
      if (const std::uint32_t bin = ddsketch_bin(value); ++bytes[bin] == 0)
        spill.push_back(static_cast<std::uint16_t>(bin));
  std::string narrow;
  encode({(1u << kDdSketchBlocks) - 1, bytes.data(), spill}, narrow);
  DdSketch hundredfold;
  for (const std::uint64_t value : values) hundredfold.add_bin(ddsketch_bin(value), 100);

  RC_ASSERT(render(sparse) == render(dense));
  RC_ASSERT(sparse == dense);
  RC_ASSERT(encoded(sparse) == encoded(dense));
  RC_ASSERT(narrow == encoded(hundredfold));
}

RC_GTEST_PROP(DdSketch, merges_encoded_bytes_as_the_sketch_itself, ()) {
  const DdSketch a = sketch_of(any_values());
  const DdSketch b = sketch_of(any_values());
  DdSketch expected = a;
  expected.merge(b);
  const std::string bytes = encoded(b) + "rest";

  for (DdSketch merged : {a, empty_dense()}) {
    if (merged.empty()) merged.merge(a);
    std::string_view rest = bytes;
    RC_ASSERT(merged.merge_encoded(rest).has_value());
    RC_ASSERT(rest == "rest");
    RC_ASSERT(render(merged) == render(expected));
  }
  std::string_view rest = bytes;
  RC_ASSERT(DdSketch::decode(rest).value() == b);
}

TEST(DdSketch, keeps_its_memory_when_cleared) {
  DdSketch sketch = empty_dense();
  EXPECT_GT(sketch.memory_bytes(), 8u * kDdSketchBins);
  EXPECT_EQ(render(sketch), "0 |");
  sketch.add(1);
  EXPECT_EQ(render(sketch), "1 | 1:1");
}

// Version 1 of the format. If this fails, stored panes have become unreadable.
TEST(DdSketch, reads_and_writes_the_bytes_of_version_1) {
  DdSketch sketch = sketch_of({0, 1, 1, 250'000, 4'000'000'000});
  sketch.add_bin(64, 300);
  EXPECT_EQ(to_hex(encoded(DdSketch())), "00");
  EXPECT_EQ(to_hex(encoded(sketch)),
            "838408"  // blocks 0, 1, 9 and 17
            "0300000000000000"
            "0102"  // 0 once, 1 twice
            "0100000000000000"
            "ac02"  // bin 64
            "0000000000000002"
            "01"  // 250 ms
            "0000000000040000"
            "01");
}

std::string decode_error(const std::string& bytes) {
  std::string_view rest = bytes;
  const auto decoded = DdSketch::decode(rest);
  return decoded ? "none" : decoded.error().message;
}

std::string block(std::uint64_t bitmap, const std::string& counts) {
  std::string bytes(1, '\x01');
  bytes.append(reinterpret_cast<const char*>(&bitmap), sizeof bitmap);
  return bytes + counts;
}

TEST(DdSketch, refuses_what_it_would_not_write) {
  using namespace std::string_literals;
  EXPECT_EQ(decode_error(block(1, "\x05"s)), "none");
  EXPECT_EQ(decode_error(""), "DDSketch of 0 bytes: bad mask of blocks");
  EXPECT_EQ(decode_error("\x80\x80\x10"s), "DDSketch of 3 bytes: bad mask of blocks");
  EXPECT_EQ(decode_error("\x81\x00"s), "DDSketch of 2 bytes: bad mask of blocks");
  EXPECT_EQ(decode_error("\x01\x01\x01"s), "DDSketch of 3 bytes: cut off");
  EXPECT_EQ(decode_error(block(0, "")), "DDSketch of 9 bytes: bad bitmap");
  EXPECT_EQ(decode_error(block(1, "")), "DDSketch of 9 bytes: bad count");
  EXPECT_EQ(decode_error(block(1, "\x00"s)), "DDSketch of 10 bytes: bad count");
  EXPECT_EQ(decode_error(block(1, "\x85\x00"s)), "DDSketch of 11 bytes: bad count");
  EXPECT_EQ(decode_error(block(1, "\x81\x80\x80\x80\x80\x80\x40"s)),
            "DDSketch of 16 bytes: bad count");
  EXPECT_EQ(decode_error(block(3, "\x80\x80\x80\x80\x80\x80\x40\x01"s)),
            "DDSketch of 17 bytes: total above 2^48");
}

RC_GTEST_PROP(DdSketch, decodes_only_what_it_would_write, ()) {
  const auto bytes = *rc::gen::arbitrary<std::string>();
  const std::string valid = encoded(sketch_of(any_values()));
  std::string mutated = valid;
  mutated[*rc::gen::inRange<std::size_t>(0, valid.size())] = *rc::gen::arbitrary<char>();
  for (const std::string& candidate : {bytes, mutated, valid}) {
    std::string_view rest = candidate;
    const auto decoded = DdSketch::decode(rest);
    if (decoded) RC_ASSERT(encoded(*decoded) + std::string(rest) == candidate);
  }
}

}  // namespace
}  // namespace weir::sketches
