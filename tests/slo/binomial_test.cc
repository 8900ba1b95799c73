#include "processors/slo/binomial.h"

#include <cmath>

#include <gtest/gtest.h>
#include <rapidcheck.h>

namespace weir::slo {
namespace {

/// The definition, term by term, in long double.
long double naive_tail(int bad, int total, long double p) {
  long double sum = 0;
  for (int k = bad; k <= total; ++k) {
    const long double choose =
        std::lgamma(total + 1.0L) - std::lgamma(k + 1.0L) - std::lgamma(total - k + 1.0L);
    sum += std::exp(choose + k * std::log(p) + (total - k) * std::log1p(-p));
  }
  return sum;
}

TEST(Binomial, IsTheTailOfTheDistribution) {
  // One bad event of 60 at 0.1 %: 1 - 0.999^60.
  EXPECT_NEAR(binomial_tail(1, 60, 1'000'000), 1 - std::pow(0.999, 60), 1e-12);
  // These two by exact fractions.
  EXPECT_NEAR(binomial_tail(3, 60, 1'000'000) / 3.2789369173183994e-05, 1, 1e-12);
  EXPECT_NEAR(binomial_tail(30, 1'000, 10'000'000) / 2.0599888509719576e-07, 1, 1e-12);
  EXPECT_NEAR(binomial_tail(5, 5, 100'000'000), 1e-5, 1e-17);
  EXPECT_EQ(binomial_tail(0, 60, 1'000'000), 1);
  EXPECT_EQ(binomial_tail(6, 60, 100'000'000), 1) << "the mean is no tail";
}

TEST(Binomial, AgreesWithTheDefinition) {
  EXPECT_TRUE(rc::check([] {
    const int total = *rc::gen::inRange(1, 2'000);
    const int bad = *rc::gen::inRange(1, total + 1);
    const int ppb = *rc::gen::inRange(1'000, 900'000'000);
    RC_PRE(static_cast<double>(bad) > total * (ppb / 1e9));
    const long double expected = naive_tail(bad, total, ppb / 1e9L);
    RC_PRE(expected > 1e-290L);
    const double found = binomial_tail(bad, total, ppb);
    RC_ASSERT(std::abs(found / static_cast<double>(expected) - 1) < 1e-9);
  }));
}

TEST(Binomial, IsQuickAndFiniteForBillions) {
  EXPECT_EQ(binomial_tail(500'000'000, 1'000'000'000, 1'000'000), 0);
  const double tail = binomial_tail(1'001'000, 1'000'000'000, 1'000'000);
  EXPECT_NEAR(tail, 0.5 * std::erfc(1 / std::sqrt(2.0) * 1000 / 999.5), 5e-4);
}

/// The digits are the same on every machine and compiler.
TEST(Binomial, HasTheseBits) {
  EXPECT_EQ(binomial_tail(3, 60, 1'000'000), 0x1.130ea25630852p-15);
  EXPECT_EQ(binomial_tail(30, 1'000, 10'000'000), 0x1.ba6115b14cbcp-23);
}

}  // namespace
}  // namespace weir::slo
