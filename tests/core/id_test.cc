#include "processors/core/id.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace weir {
namespace {

TEST(Id, IsReadInEitherCaseAndWithTheDashesOfAUuid) {
  const auto plain = parse_id("00112233445566778899aabbccddeeff");
  ASSERT_TRUE(plain);
  EXPECT_EQ(parse_id("00112233-4455-6677-8899-AABBCCDDEEFF"), *plain);
  EXPECT_EQ(format_id(*plain), "00112233445566778899aabbccddeeff");
}

TEST(Id, IsExactlySixteenBytes) {
  EXPECT_EQ(parse_id("xyz").error().message, "'xyz' is not an id; write 32 hexadecimal digits");
  for (const std::string_view text :
       {"", "00112233445566778899aabbccddeef", "00112233445566778899aabbccddeeff0",
        "00112233445566778899aabbccddeefg"})
    EXPECT_FALSE(parse_id(text)) << text;
}

RC_GTEST_PROP(Id, IsReadAsItWasWritten, (const Id& id)) {
  RC_ASSERT(parse_id(format_id(id)).value() == id);
}

}  // namespace
}  // namespace weir
