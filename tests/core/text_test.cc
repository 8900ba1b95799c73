#include "processors/core/text.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace weir {
namespace {

TEST(Text, CutsBetweenCharacters) {
  EXPECT_EQ(cut_utf8("abc", 3), "abc");
  EXPECT_EQ(cut_utf8("abcd", 3), "abc");
  EXPECT_EQ(cut_utf8("ab\u20ac", 4), "ab");
  EXPECT_EQ(cut_utf8("ab\u20ac!", 5), "ab\u20ac");
  EXPECT_EQ(cut_utf8("\u20ac", 0), "");
}

TEST(Text, QuotesNoMoreThanAReaderNeeds) {
  EXPECT_EQ(quote(""), "''");
  EXPECT_EQ(quote(fmt::format("{:a<100}", "")), fmt::format("'{:a<100}'", ""));
  EXPECT_EQ(quote(fmt::format("{:a<99}\u20ac", "")), fmt::format("'{:a<99}...' (102 bytes)", ""));
}

TEST(Text, PointsAtAByteOfALine) {
  EXPECT_EQ(caret_below("a b", 2), "\n  a b\n    ^");
  EXPECT_EQ(caret_below("ab", 2), "\n  ab\n    ^");
  EXPECT_EQ(caret_below("a\nbcd\ne", 3), "\n  bcd\n   ^");
  EXPECT_EQ(caret_below("", 0), "\n  \n  ^");
}

}  // namespace
}  // namespace weir
