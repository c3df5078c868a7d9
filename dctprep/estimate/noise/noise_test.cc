// SPDX-License-Identifier: BSD-3-Clause
#include "dctprep/estimate/noise/noise.h"

#include <cmath>
#include <gtest/gtest.h>
#include <random>

namespace dctprep {
namespace {

// Normal noise that grows from left to right, rounded, with spots on a share of the pixels.
std::vector<Residual> noisy(int frames, int height, int width, double left, double right, double spots, unsigned seed) {
  std::mt19937 random(seed);
  std::normal_distribution<double> normal;
  std::vector<Residual> residuals;
  for (int k = 0; k < frames; ++k) {
    Residual r{Image<std::uint16_t>(height, width), Image<std::uint16_t>(height, width)};
    for (int v = 0; v < height; ++v) {
      for (int u = 0; u < width; ++u) {
        const double sigma = left + (right - left) * u / width;
        const double spot = static_cast<double>(random() % 10000) < 10000 * spots ? 300 : 0;
        const long x = std::lround(spot + sigma * normal(random));
        r.above(v, u) = static_cast<std::uint16_t>(std::max(0L, x));
        r.below(v, u) = static_cast<std::uint16_t>(std::max(0L, -x));
      }
    }
    residuals.push_back(std::move(r));
  }
  return residuals;
}

TEST(SpreadQuantile, SpreadsWholeNumbersEvenly) {
  const std::vector<int> values{0, 0, 0, 0, 1, 1, 5, 5};
  EXPECT_DOUBLE_EQ(spread_quantile(values, 0.25), 0.0);
  EXPECT_DOUBLE_EQ(spread_quantile(values, 0.625), 1.0);
  EXPECT_DOUBLE_EQ(spread_quantile(values, 1.0), 5.5);
  EXPECT_DOUBLE_EQ(spread_quantile(std::vector<int>{3}, 0.5), 3.0);
}

TEST(NoiseLevel, IsTheStandardDeviationOfTheNoisiestTenth) {
  for (const double scale : {0.8, 4.0, 60.0}) {
    const Image<std::uint8_t> good(160, 200, 0);
    std::vector<std::vector<Spread>> groups;
    for (unsigned group = 0; group < 3; ++group)
      groups.push_back(tile_spreads(noisy(5, 160, 200, scale, 2 * scale, 0.03, group), good, {}));
    const NoiseLevel noise = noise_level(groups);
    EXPECT_NEAR(noise.typical, 1.5 * scale, 0.05 * 1.5 * scale + 0.05);
    EXPECT_NEAR(noise.high, 1.9 * scale, 0.07 * 1.9 * scale + 0.05);
  }
}

TEST(NoiseLevel, LeavesOutWhatIsExcludedOrBad) {
  Image<std::uint8_t> bad(64, 64, 0);
  for (int u = 0; u < 20; ++u) {
    for (int v = 0; v < 64; ++v) bad(v, u) = 1;
  }
  std::vector<Residual> residuals = noisy(3, 64, 64, 5, 5, 0, 1);
  for (Residual& r : residuals) {
    for (int v = 0; v < 64; ++v) {
      for (int u = 0; u < 64; ++u) {
        if (u < 20 || u >= 40) r.above(v, u) = static_cast<std::uint16_t>((v * u) % 999);
      }
    }
  }
  const std::vector<std::vector<Spread>> groups{tile_spreads(residuals, bad, Region{40, 0, 64, 64})};
  EXPECT_NEAR(noise_level(groups).high, 5, 1);
  const std::vector<std::vector<Spread>> none{tile_spreads(residuals, bad, Region{0, 0, 64, 64})};
  EXPECT_EQ(noise_level(none).high, 0);
}

TEST(NoiseLevel, SeesThatFewPhotonsScatterUpwards) {
  std::mt19937 random(1);
  std::poisson_distribution<int> photons(0.7);
  std::vector<Residual> residuals;
  for (int k = 0; k < 5; ++k) {
    Residual r{Image<std::uint16_t>(64, 64), Image<std::uint16_t>(64, 64, 0)};
    for (auto& pixel : r.above.pixels()) pixel = static_cast<std::uint16_t>(photons(random));
    residuals.push_back(std::move(r));
  }
  const std::vector<std::vector<Spread>> groups{tile_spreads(residuals, Image<std::uint8_t>(64, 64, 0), {})};
  EXPECT_GT(noise_level(groups).skew, 1.2);
  EXPECT_LT(noise_level({}).skew, 1.01);
}

}  // namespace
}  // namespace dctprep
