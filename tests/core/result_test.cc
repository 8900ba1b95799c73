#include "processors/core/result.h"

#include <gtest/gtest.h>

namespace weir {
namespace {

Result<int> half(int value) {
  if (value % 2 != 0) return fail(ErrorCode::invalid_argument, "{} is odd", value);
  return value / 2;
}

Result<void> check_half(int value) {
  WEIR_TRY(half(value));
  return {};
}

Result<int> quarter(int value) {
  WEIR_TRY(check_half(value));
  WEIR_ASSIGN(const int once, half(value));
  WEIR_ASSIGN(const int twice, half(once));
  return twice;
}

std::string outcome(int value) {
  const auto result = quarter(value);
  return result ? fmt::format("{}", *result) : result.error().message;
}

TEST(Result, TheFirstErrorLeavesTheFunction) {
  EXPECT_EQ(outcome(12), "3");
  EXPECT_EQ(outcome(7), "7 is odd");
  EXPECT_EQ(outcome(6), "3 is odd");
}

TEST(Result, WithinSaysWhereAndKeepsTheCode) {
  const Result<void> result = within("weir.yaml:3", half(1).error());
  EXPECT_EQ(result.error().message, "weir.yaml:3: 1 is odd");
  EXPECT_EQ(result.error().code, ErrorCode::invalid_argument);
}

}  // namespace
}  // namespace weir
