#include "processors/sketches/ddsketch_counts.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <array>
#include <bit>
#include <string>

#include "processors/core/bytes.h"

namespace weir::sketches {
namespace {

using Read = decltype(add_counts);

/// "what is left, total, bit:count bit:count", of counts that began at 1000.
std::string read(Read& add, const std::string& bytes, std::uint64_t bitmap) {
  std::array<std::uint64_t, 64> counts;
  counts.fill(1'000);
  std::uint64_t total = 5;
  const char* const end = bytes.data() + bytes.size();
  const char* const at = add(bytes.data(), end, bitmap, counts.data(), total);
  if (at == nullptr) return "corrupt";
  std::string text = std::to_string(end - at) + ", " + std::to_string(total) + ",";
  for (std::size_t bit = 0; bit < counts.size(); ++bit)
    if (counts[bit] != 1'000) text += " " + std::to_string(bit) + ":" + std::to_string(counts[bit]);
  return text;
}

TEST(DdSketchCounts, AreAddedToTheirBins) {
  // given the counts 1, 127, 128 and 3 of the bins 0, 7, 8 and 63, and what follows them
  std::string bytes;
  for (const std::uint64_t count : {1U, 127U, 128U, 3U}) put_varint(bytes, count);
  bytes += "what follows";
  const std::uint64_t bitmap = std::uint64_t{1} << 63 | 0x181;

  // when they are read, then the counts are in their bins, and what follows is left
  EXPECT_EQ(read(add_counts_portable, bytes, bitmap), "12, 264, 0:1001 7:1127 8:1128 63:1003");
  EXPECT_EQ(read(add_counts, bytes, bitmap), read(add_counts_portable, bytes, bitmap));
}

RC_GTEST_PROP(DdSketchCounts, AreTheSameOnEveryMachine, ()) {
  using rc::gen::inRange;
  // given many counts of a byte and few of more, some of them damaged or cut off
  const auto bitmap = *rc::gen::arbitrary<std::uint64_t>() | *rc::gen::arbitrary<std::uint64_t>();
  const auto rarely = *rc::gen::element(0, 10, 200);
  std::string bytes;
  for (int i = 0; i < std::popcount(bitmap); ++i) {
    const bool odd = *inRange(0, 1'000) < rarely;
    put_varint(bytes, odd ? *inRange<std::uint64_t>(0, std::uint64_t{1} << 50)
                          : *inRange<std::uint64_t>(1, 128));
  }
  if (*inRange(0, 10) == 0) bytes.resize(bytes.size() - *inRange<std::size_t>(0, bytes.size() + 1));
  bytes.append(*inRange<std::size_t>(0, 12), '\1');

  // when this machine's body and the portable one read them, then both say the same
  RC_ASSERT(read(add_counts, bytes, bitmap) == read(add_counts_portable, bytes, bitmap));
}

}  // namespace
}  // namespace weir::sketches
