#include "processors/sketches/hyperloglog.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <cmath>
#include <string>
#include <vector>

#include "processors/core/hash.h"
#include "processors/core/id.h"

namespace weir::sketches {
namespace {

using Hashes = std::vector<std::uint64_t>;

/// The hash of the `i`th thing of a family.
std::uint64_t hash_of(std::uint64_t family, std::uint64_t i) {
  const std::array<std::uint64_t, 2> key = {family, i};
  return hash64({reinterpret_cast<const char*>(key.data()), sizeof key});
}

HyperLogLog sketch_of(const Hashes& hashes) {
  HyperLogLog sketch;
  for (const std::uint64_t hash : hashes) sketch.add(hash);
  return sketch;
}

std::string encoded(const HyperLogLog& sketch) {
  std::string bytes;
  sketch.encode(bytes);
  return bytes;
}

HyperLogLog empty_dense() {
  HyperLogLog sketch;
  for (std::uint64_t i = 0; i < 1'000; ++i) sketch.add(hash_of(0, i));
  sketch.clear();
  return sketch;
}

/// None, few or many; so few different ones at times that they repeat.
Hashes any_hashes() {
  const auto size = *rc::gen::element<std::uint64_t>(0, 3, 100, 257, 1'500, 6'000);
  const auto family = *rc::gen::inRange<std::uint64_t>(0, 4);
  Hashes hashes(*rc::gen::inRange<std::uint64_t>(0, size + 1));
  for (std::size_t i = 0; i < hashes.size(); ++i) hashes[i] = hash_of(family, i);
  const auto odd = *rc::gen::arbitrary<Hashes>();
  hashes.insert(hashes.end(), odd.begin(), odd.end());
  return hashes;
}

TEST(HyperLogLog, estimates_within_its_stated_error) {
  constexpr double kStandardError = 1.04 / 64;  // sqrt(4096) = 64
  for (const std::uint64_t count : {10u, 100u, 1'000u, 5'000u, 20'000u, 200'000u}) {
    constexpr int kFamilies = 30;
    double bias = 0;
    double squares = 0;
    for (std::uint64_t family = 0; family < kFamilies; ++family) {
      HyperLogLog sketch;
      for (std::uint64_t i = 0; i < count; ++i) sketch.add(hash_of(family, i));
      const double off = static_cast<double>(sketch.estimate()) / static_cast<double>(count) - 1;
      ASSERT_LT(std::abs(off), 4 * kStandardError) << count << " of family " << family;
      bias += off / kFamilies;
      squares += off * off / kFamilies;
    }
    EXPECT_LT(std::sqrt(squares), 1.3 * kStandardError) << count;
    EXPECT_LT(std::abs(bias), kStandardError) << count;
  }
}

TEST(HyperLogLog, counts_small_sets_almost_exactly_and_repeats_once) {
  HyperLogLog sketch;
  EXPECT_EQ(sketch.estimate(), 0u);
  for (int repeat = 0; repeat < 3; ++repeat)
    for (std::uint64_t i = 0; i < 5; ++i) sketch.add(hash_of(1, i));
  EXPECT_EQ(sketch.estimate(), 5u);
}

RC_GTEST_PROP(HyperLogLog, merges_in_any_order_to_the_same_bytes, ()) {
  const HyperLogLog a = sketch_of(any_hashes());
  const HyperLogLog b = sketch_of(any_hashes());
  const HyperLogLog c = sketch_of(any_hashes());

  HyperLogLog left = a;
  left.merge(b);
  left.merge(c);
  HyperLogLog right = empty_dense();
  right.merge(c);
  right.merge(a);
  right.merge(c);
  right.merge(b);

  RC_ASSERT(left == right);
  RC_ASSERT(encoded(left) == encoded(right));
  RC_ASSERT(left.estimate() == right.estimate());
}

RC_GTEST_PROP(HyperLogLog, is_the_sketch_of_the_union, ()) {
  const Hashes a = any_hashes();
  const Hashes b = any_hashes();
  HyperLogLog merged = sketch_of(a);
  merged.merge(sketch_of(b));
  Hashes both = a;
  both.insert(both.end(), b.begin(), b.end());

  RC_ASSERT(merged == sketch_of(both));
}

RC_GTEST_PROP(HyperLogLog, merges_encoded_bytes_as_the_sketch_itself, ()) {
  const HyperLogLog a = sketch_of(any_hashes());
  const HyperLogLog b = sketch_of(any_hashes());
  HyperLogLog expected = a;
  expected.merge(b);
  const std::string bytes = encoded(b) + "rest";

  HyperLogLog merged = a;
  std::string_view rest = bytes;
  RC_ASSERT(merged.merge_encoded(rest).has_value());
  RC_ASSERT(rest == "rest");
  RC_ASSERT(merged == expected);
  rest = bytes;
  RC_ASSERT(HyperLogLog::decode(rest).value() == b);
}

RC_GTEST_PROP(HyperLogLog, decodes_only_what_it_would_write, ()) {
  const auto bytes = *rc::gen::arbitrary<std::string>();
  const std::string valid = encoded(sketch_of(any_hashes()));
  std::string mutated = valid;
  mutated[*rc::gen::inRange<std::size_t>(0, valid.size())] = *rc::gen::arbitrary<char>();
  for (const std::string& candidate : {bytes, mutated, valid}) {
    std::string_view rest = candidate;
    const auto decoded = HyperLogLog::decode(rest);
    if (decoded) RC_ASSERT(encoded(*decoded) + std::string(rest) == candidate);
  }
}

std::string decode_error(const std::string& bytes) {
  std::string_view rest = bytes;
  const auto decoded = HyperLogLog::decode(rest);
  return decoded ? "none" : decoded.error().message;
}

TEST(HyperLogLog, refuses_what_it_would_not_write) {
  using namespace std::string_literals;
  EXPECT_EQ(decode_error(""), "HyperLogLog of 0 bytes: bad number of registers");
  EXPECT_EQ(decode_error("\x81\x20"s), "HyperLogLog of 2 bytes: bad number of registers");
  EXPECT_EQ(decode_error("\x81\x08"s), "HyperLogLog of 2 bytes: cut off");
  EXPECT_EQ(decode_error("\x01"s), "HyperLogLog of 1 bytes: bad register");
  EXPECT_EQ(decode_error("\x01\x40"s), "HyperLogLog of 2 bytes: bad register");
  EXPECT_EQ(decode_error("\x01\x36"s), "HyperLogLog of 2 bytes: bad register");
  EXPECT_EQ(decode_error("\x01\x81\x80\x10"s), "HyperLogLog of 4 bytes: bad register");
  const std::string many = "\x81\x08"s + std::string(3'072, '\0');  // 1,025 registers, all 0
  EXPECT_EQ(decode_error(many), "HyperLogLog of 3074 bytes: bad register");
}

// Version 1 of the format. If this fails, stored panes have become unreadable.
TEST(HyperLogLog, reads_and_writes_the_bytes_of_version_1) {
  const std::string few = encoded(sketch_of({0, 1, ~std::uint64_t{0}, 0x0123456789abcdef}));
  Hashes hashes;
  for (std::uint64_t i = 0; i < 5'000; ++i) hashes.push_back(hash_of(0, i));
  const std::string many = encoded(sketch_of(hashes));

  EXPECT_EQ(to_hex(encoded(HyperLogLog())), "00");
  EXPECT_EQ(to_hex(few), "0335c30881f60f");
  EXPECT_EQ(many.size(), 3'074u);
  EXPECT_EQ(hash64(many), 1416717889487915469u);
  EXPECT_EQ(sketch_of(hashes).estimate(), 5'060u);
}

TEST(HyperLogLog, keeps_its_memory_when_cleared) {
  const HyperLogLog sketch = empty_dense();
  EXPECT_GE(sketch.memory_bytes(), HyperLogLog::kRegisters);
  EXPECT_TRUE(sketch.empty());
  EXPECT_EQ(sketch, HyperLogLog());
}

}  // namespace
}  // namespace weir::sketches
