#include "processors/net/retry_after.h"

#include <gtest/gtest.h>

namespace weir::net {
namespace {

constexpr TimeUs kNow = 784'111'777 * kSecondUs;  // Sun, 06 Nov 1994 08:49:37 GMT

std::string wait_of(HeaderList headers) {
  const auto wait = retry_after({.status = 503, .headers = std::move(headers)}, kNow);
  return wait ? format_duration(*wait) : "none";
}

TEST(RetryAfter, IsSecondsOrADate) {
  EXPECT_EQ(wait_of({{"retry-after", "120"}}), "2m");
  EXPECT_EQ(wait_of({{"Retry-After", "0"}}), "0s");
  EXPECT_EQ(wait_of({{"Retry-After", "Sun, 06 Nov 1994 08:50:07 GMT"}}), "30s");
  EXPECT_EQ(wait_of({{"Retry-After", "Sunday, 06-Nov-94 08:50:07 GMT"}}), "30s");
  EXPECT_EQ(wait_of({{"Retry-After", "Sun Nov  6 08:50:07 1994"}}), "30s");
}

TEST(RetryAfter, ADateIsOfTheServersOwnClock) {
  EXPECT_EQ(wait_of({{"Date", "Tue, 15 Nov 2044 08:00:00 GMT"},
                     {"Retry-After", "Tue, 15 Nov 2044 08:01:00 GMT"}}),
            "1m");
  EXPECT_EQ(wait_of({{"Retry-After", "Sun, 06 Nov 1994 08:00:00 GMT"}}), "0s");
}

TEST(RetryAfter, NonsenseIsNone) {
  EXPECT_EQ(wait_of({}), "none");
  EXPECT_EQ(wait_of({{"Retry-After", ""}}), "none");
  EXPECT_EQ(wait_of({{"Retry-After", "soon"}}), "none");
  EXPECT_EQ(wait_of({{"Retry-After", "-5"}}), "0s");
  EXPECT_EQ(wait_of({{"Retry-After", "99999999999999999999"}}),
            format_duration(1'000'000'000 * kSecondUs));
}

}  // namespace
}  // namespace weir::net
