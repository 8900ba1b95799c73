#include "processors/core/bytes.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <limits>

#include "processors/core/id.h"

namespace weir {
namespace {

std::string varint(std::uint64_t value) {
  std::string out;
  put_varint(out, value);
  return out;
}

TEST(Bytes, HaveTheFormsThatFormatsDraw) {
  std::string out;
  put_fixed(out, std::uint32_t{0x01020304});
  put_varint(out, 300);
  put_bytes(out, "ab");
  put_key(out, std::uint32_t{0x01020304});
  EXPECT_EQ(to_hex(out),
            "04030201"
            "ac02"
            "026162"
            "01020304");
}

TEST(Bytes, AShortReadGivesZerosAndStaysBad) {
  ByteReader reader(std::string_view("\x05xy", 3));
  EXPECT_EQ(reader.bytes(), "");
  EXPECT_FALSE(reader.ok());
  EXPECT_EQ(reader.fixed<std::uint8_t>(), 0);
  EXPECT_EQ(reader.varint(), 0U);
  EXPECT_FALSE(reader.ok());
}

TEST(Bytes, AVarintThatNeverEndsOrIsAbove64BitsIsRefused) {
  for (const std::string& bytes : {std::string("\x80"), std::string(10, '\xff'),
                                   std::string(9, '\xff') + "\x02", std::string(20, '\x80')}) {
    ByteReader reader(bytes);
    reader.varint();
    EXPECT_FALSE(reader.ok()) << to_hex(bytes);
  }
}

RC_GTEST_PROP(Bytes, VarintsAreReadAsTheyWereWritten, (std::uint64_t value)) {
  const unsigned shift = *rc::gen::inRange(0U, 64U);
  const std::string bytes = varint(value >> shift);
  ByteReader reader(bytes);
  RC_ASSERT(reader.varint() == value >> shift);
  RC_ASSERT(reader.ok());
  RC_ASSERT(reader.at_end());
}

RC_GTEST_PROP(Bytes, ZigzagKeepsEveryNumberAndSmallOnesSmall, (std::int64_t value)) {
  RC_ASSERT(unzigzag(zigzag(value)) == value);
  RC_ASSERT(unzigzag(zigzag(std::numeric_limits<std::int64_t>::min())) ==
            std::numeric_limits<std::int64_t>::min());
  RC_ASSERT(zigzag(-1) == 1U);
  RC_ASSERT(zigzag(1) == 2U);
}

RC_GTEST_PROP(Bytes, KeysSortAsTheirNumbers, (std::uint64_t a, std::uint64_t b)) {
  std::string first;
  std::string second;
  put_key(first, a);
  put_key(second, b);
  RC_ASSERT((first < second) == (a < b));
  RC_ASSERT(ByteReader(first).key<std::uint64_t>() == a);
}

}  // namespace
}  // namespace weir
