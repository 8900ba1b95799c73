#include "processors/core/json_fault.h"

#include <gtest/gtest.h>

namespace weir {
namespace {

TEST(JsonFault, SaysWhereATextStopsBeingJsonAndWhy) {
  EXPECT_EQ(json_fault(R"({"a": 1,})"), "column 9: unexpected '}', expected string literal");
  EXPECT_EQ(json_fault("{\"a\": 1,\n\"b\" 2}"),
            "line 2, column 5: unexpected number literal, expected ':'");
  EXPECT_EQ(json_fault("{\"a\": \"b\nc\"}"),
            "line 1, column 9: invalid string: control character U+000A (LF) must be escaped to "
            "\\u000A or \\n");
  EXPECT_EQ(json_fault("nonsense"), "column 2: invalid literal");
  EXPECT_EQ(json_fault("[1e999]"), "column 2: number out of range");
}

TEST(JsonFault, IsWhereAnUnexpectedTokenBegins) {
  EXPECT_EQ(json_fault(R"({"a" true})"), "column 6: unexpected true literal, expected ':'");
  EXPECT_EQ(json_fault(R"({"a" false})"), "column 6: unexpected false literal, expected ':'");
  EXPECT_EQ(json_fault("[1 null]"), "column 4: unexpected null literal, expected ']'");
  EXPECT_EQ(json_fault(R"(["a"   -12.5e3 ])"), "column 8: unexpected number literal, expected ']'");
  EXPECT_EQ(json_fault("[1,\n\t\"b\" \"a\\n\xc3\xa9\"]"),
            "line 2, column 6: unexpected string literal, expected ']'");
  EXPECT_EQ(json_fault("{} 123"), "column 4: unexpected number literal, expected end of input");
}

TEST(JsonFault, OfATextThatEndsTooSoonIsBehindIt) {
  EXPECT_EQ(json_fault(""), "column 1: unexpected end of input, expected '[', '{', or a literal");
  EXPECT_EQ(json_fault("[1"), "column 3: unexpected end of input, expected ']'");
  EXPECT_EQ(json_fault("\n\"a"), "line 2, column 3: invalid string: missing closing quote");
  EXPECT_EQ(json_fault(std::string(100'000, '[')).substr(0, 38),
            "column 100001: unexpected end of input");
}

TEST(JsonFault, RepeatsNothingForeign) {
  EXPECT_EQ(json_fault("{\"a\": \"\xff; \"}"), "column 8: invalid string: ill-formed UTF-8 byte");
  EXPECT_EQ(json_fault("{\"syntax error - ; last read: \": \x01}"), "column 34: invalid literal");
}

TEST(JsonFault, IsNoneOfJson) {
  EXPECT_EQ(json_fault(" {\"a\": [1, -2.5e3, null, true, \"\xc3\xa9\"]}\n"), "");
  EXPECT_EQ(json_fault("123456789012345678901234567890"), "");
}

}  // namespace
}  // namespace weir
