#include "processors/config/byte_size.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace weir::config {
namespace {

TEST(ByteSize, ReadsBinaryUnitsOnly) {
  EXPECT_EQ(parse_bytes("0B"), 0U);
  EXPECT_EQ(parse_bytes("512B"), 512U);
  EXPECT_EQ(parse_bytes("64KiB"), 65'536U);
  EXPECT_EQ(parse_bytes("1GiB"), 1'073'741'824U);
  EXPECT_EQ(parse_bytes("8388607TiB"), 8'388'607ULL << 40);
  for (const char* text : {"", "1", "1GB", "1 GiB", "-1B", "+1B", "1.5GiB", "GiB", "8388608TiB"})
    EXPECT_FALSE(parse_bytes(text)) << text;
}

RC_GTEST_PROP(ByteSize, WhatIsWrittenIsRead, ()) {
  const auto bytes = *rc::gen::map(rc::gen::arbitrary<std::uint64_t>(),
                                   [](std::uint64_t any) { return any >> 1; });
  RC_ASSERT(parse_bytes(format_bytes(bytes)).value() == bytes);
}

}  // namespace
}  // namespace weir::config
