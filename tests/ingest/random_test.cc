#include "processors/ingest/random.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include <gtest/gtest.h>

namespace weir::ingest {
namespace {

TEST(Random, IsSplitMix64) {
  // Published with the algorithm's reference implementation for this seed.
  Random random(1234567);
  for (const std::uint64_t expected :
       {6457827717110365317U, 3203168211198807973U, 9817491932198370423U, 4593380528125082431U,
        16408922859458223821U})
    EXPECT_EQ(random.next(), expected);
}

TEST(Random, StreamsOfASeedDiffer) {
  std::vector<std::uint64_t> firsts;
  for (std::uint64_t seed = 0; seed < 10; ++seed)
    for (std::uint64_t stream = 0; stream < 100; ++stream)
      firsts.push_back(Random::stream(seed, stream).next());
  std::ranges::sort(firsts);
  EXPECT_EQ(std::ranges::adjacent_find(firsts), firsts.end());
}

TEST(Random, BelowCoversItsRangeEvenly) {
  Random random(1);
  std::vector<int> counts(7);
  for (int i = 0; i < 70'000; ++i) ++counts.at(random.below(7));
  for (const int count : counts) EXPECT_NEAR(count, 10'000, 400);
}

TEST(Random, NormalHasTheQuantilesOfItsName) {
  Random random(1);
  std::vector<double> values(400'000);
  for (double& value : values) value = random.normal();
  std::ranges::sort(values);
  const auto quantile = [&](double q) {
    return values[static_cast<std::size_t>(q * static_cast<double>(values.size()))];
  };
  EXPECT_NEAR(quantile(0.5), 0, 0.01);
  EXPECT_NEAR(quantile(0.1), -1.2816, 0.01);
  EXPECT_NEAR(quantile(0.95), 1.6449, 0.015);
  EXPECT_NEAR(quantile(0.99), 2.3263, 0.03);
  EXPECT_NEAR(quantile(0.999), 3.0902, 0.12);
}

TEST(Random, Exp2IsAPower) {
  for (int i = -60'000; i <= 60'000; ++i) {
    const double x = i * 0.001;
    ASSERT_NEAR(exp2_exact(x) / std::exp2(x), 1, 2e-7) << x;
  }
}

TEST(LogNormal, MedianAndTailAreAsStated) {
  Random random(3);
  const LogNormal distribution{1'000'000, 0.8};
  std::vector<std::int64_t> values(200'000);
  for (auto& value : values) value = distribution.sample(random);
  std::ranges::sort(values);
  EXPECT_NEAR(static_cast<double>(values[100'000]), 1e6, 1e4);
  EXPECT_NEAR(static_cast<double>(values[198'000]), 1e6 * std::exp2(2.3263 * 0.8), 1e5);
}

TEST(Weighted, PicksInProportion) {
  const Weighted weighted({1, 0.5, 8, 0.5});
  Random random(5);
  std::vector<int> counts(4);
  for (int i = 0; i < 100'000; ++i) ++counts.at(weighted.sample(random));
  EXPECT_NEAR(counts[0], 10'000, 400);
  EXPECT_NEAR(counts[1], 5'000, 300);
  EXPECT_NEAR(counts[2], 80'000, 800);
  EXPECT_NEAR(counts[3], 5'000, 300);
  const Weighted only({3});
  EXPECT_EQ(only.sample(random), 0U);
}

}  // namespace
}  // namespace weir::ingest
