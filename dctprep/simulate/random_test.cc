// SPDX-License-Identifier: BSD-3-Clause
#include "dctprep/simulate/random.h"

#include <cmath>
#include <gtest/gtest.h>
#include <numbers>
#include <set>
#include <vector>

namespace dctprep {
namespace {

double normal_probability(double z) { return 0.5 * std::erfc(-z / std::numbers::sqrt2); }

TEST(Random, QuantileInvertsTheNormalDistribution) {
  for (const double p : {1e-12, 1e-6, 0.001, 0.02, 0.03, 0.3, 0.5, 0.7, 0.975, 0.999999}) {
    EXPECT_NEAR(normal_probability(normal_quantile(p)) / p, 1, 1e-9) << p;
  }
}

TEST(Random, TableOfNormalsFollowsTheQuantile) {
  const NoiseTables tables;
  RandomStream random(3, Purpose::kFlicker);
  for (int i = 0; i < 200000; ++i) {
    // All sizes of the distance to either end are met.
    auto bits = static_cast<std::uint32_t>(random.bits()) >> (i % 32);
    if (i % 2 == 1) bits = ~bits;
    const double exact = normal_quantile((bits + 0.5) * 0x1p-32);
    ASSERT_NEAR(tables.normal(bits), exact, 2e-4) << bits;
  }
}

// Pearson's statistic of `draws` of a Poisson deviate against its distribution, in standard deviations of chi square.
template <class Draw>
double poisson_excess(double mean, int draws, Draw draw) {
  std::vector<int> seen(400);
  for (int i = 0; i < draws; ++i) ++seen[static_cast<std::size_t>(std::min(draw(), 399))];
  double probability = std::exp(-mean), chi2 = 0, left_seen = 0, left_expected = 0;
  int classes = 0;
  for (int n = 0; n < 400; ++n) {
    const double expected = probability * draws;
    if (expected > 20) {
      chi2 +=
          (seen[static_cast<std::size_t>(n)] - expected) * (seen[static_cast<std::size_t>(n)] - expected) / expected;
      ++classes;
    } else {
      left_seen += seen[static_cast<std::size_t>(n)];
      left_expected += expected;
    }
    probability *= mean / (n + 1);
  }
  if (left_expected > 1) chi2 += (left_seen - left_expected) * (left_seen - left_expected) / left_expected, ++classes;
  return (chi2 - classes) / std::sqrt(2.0 * classes);
}

TEST(Random, PoissonHasItsDistribution) {
  const NoiseTables tables;
  for (const float mean : {0.01f, 0.2f, 0.25f, 1.0f, 3.7f, 11.9f, 23.99f}) {
    RandomStream random(5, Purpose::kFlat, 7);
    EXPECT_LT(std::abs(poisson_excess(mean, 400000, [&] { return tables.small_poisson(mean, random.bits()); })), 4.5)
        << mean;
  }
  for (const double mean : {0.5, 15.9, 16.1, 100.0}) {
    RandomStream random(5, Purpose::kFlat, 8);
    EXPECT_LT(std::abs(poisson_excess(mean, 100000, [&] { return random.poisson(mean); })), 4.5) << mean;
  }
}

TEST(Random, PoissonOfExtremeBitsStaysInTheTable) {
  const NoiseTables tables;
  for (float mean = 0; mean < NoiseTables::kSmallMean; mean += 0.0625f) {
    EXPECT_LE(tables.small_poisson(mean, 0), 1);  // from 22 on, 0 is rarer than 2^-32
    EXPECT_LT(tables.small_poisson(mean, ~0ULL), 130);
    EXPECT_GE(tables.small_poisson(mean, ~0ULL), 0);
  }
}

TEST(Random, StreamsDifferBySeedPurposeAndIndex) {
  std::set<std::uint64_t> seen;
  int made = 0;
  for (std::uint64_t seed = 0; seed < 10; ++seed) {
    for (const Purpose purpose : {Purpose::kGrains, Purpose::kProjection, Purpose::kDark}) {
      for (std::uint64_t index = 0; index < 100; ++index, ++made)
        seen.insert(RandomStream(seed, purpose, index).bits_at(0));
    }
  }
  EXPECT_EQ(seen.size(), static_cast<std::size_t>(made));
}

}  // namespace
}  // namespace dctprep
