#include "processors/events/validate.h"

#include <limits>

#include <gtest/gtest.h>

#include "tests/events/reference.h"

namespace weir::events {
namespace {

std::string checked(void (*change)(EventRow&)) {
  EventRow row;
  row.event_time_us = 1;
  change(row);
  const auto found = check(row, 7);
  return found ? render({*found}) : "";
}

TEST(Validate, TakesEveryValueInItsRange) {
  EXPECT_EQ(checked([](EventRow& row) {
              row.event_time_us = kMaxEventTimeUs;
              row.status = -5;
              row.confidence = 1.0f;
              row.request_id = "0123456789abcdef";
              row.texts.fill("\u00e9");
              for (std::size_t k = 0; k < kNumbers; ++k)
                row.set(static_cast<Number>(k), kMaxNumber);
            }),
            "");
}

TEST(Validate, NamesTheRuleThatIsBroken) {
  EXPECT_EQ(checked([](EventRow& row) { row.event_time_us = 0; }),
            "7 MISSING_TIME: event_time_us is missing or 0; it must be above 0\n");
  EXPECT_EQ(checked([](EventRow& row) { row.event_time_us = kMaxEventTimeUs + 1; }),
            "7 OUT_OF_RANGE: event_time_us is 253402300800000000, after the year 9999; are these "
            "microseconds?\n");
  EXPECT_EQ(checked([](EventRow& row) { row.set(Number::cold_start, -1); }),
            "7 NEGATIVE_DURATION: cold_start_us is -1; it must be 0 to 1000000000000000\n");
  EXPECT_EQ(checked([](EventRow& row) { row.set(Number::input_tokens, -1); }),
            "7 OUT_OF_RANGE: input_tokens is -1; it must be 0 to 1000000000000000\n");
  EXPECT_EQ(checked([](EventRow& row) { row.set(Number::latency, kMaxNumber + 1); }),
            "7 OUT_OF_RANGE: latency_us is 1000000000000001; it must be 0 to 1000000000000000\n");
  EXPECT_EQ(checked([](EventRow& row) { row.confidence = -0.1f; }),
            "7 OUT_OF_RANGE: confidence is -0.1; it must be 0 to 1\n");
  EXPECT_EQ(
      checked([](EventRow& row) { row.confidence = std::numeric_limits<float>::quiet_NaN(); }),
      "7 NOT_A_NUMBER: confidence is nan; it must be 0 to 1\n");
  EXPECT_EQ(checked([](EventRow& row) { row.text(Text::host) = "\xc3"; }),
            "7 INVALID_TEXT: host is not UTF-8\n");
  EXPECT_EQ(checked([](EventRow& row) { row.request_id = "short"; }),
            "7 MALFORMED: request_id has 5 bytes; it takes 16 or none\n");
}

TEST(Validate, QuotesForeignBytesAsUtf8) {
  EXPECT_EQ(as_utf8("a\u20acb"), "a\u20acb");
  EXPECT_EQ(as_utf8("a\xff\u20ac\xe2\x82"), "a?\u20ac??");
  EXPECT_EQ(as_utf8(""), "");
}

}  // namespace
}  // namespace weir::events
