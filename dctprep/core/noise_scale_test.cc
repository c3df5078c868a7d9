// SPDX-License-Identifier: BSD-3-Clause
#include "dctprep/core/noise_scale.h"

#include <cmath>
#include <gtest/gtest.h>

namespace dctprep {
namespace {

NoiseModel model_of(double readout_variance, double gain) {
  NoiseModel model;
  model.readout_variance = readout_variance;
  model.gain = gain;
  return model;
}

TEST(NoiseScale, CountsStepsOfTheNoise) {
  const NoiseScale scale(model_of(9, 2), 16);
  // sigma = 3, 5 and 15 counts.
  EXPECT_EQ(scale.scaled(3, 0), 16);
  EXPECT_EQ(scale.scaled(5, 8), 16);
  EXPECT_EQ(scale.scaled(150, 108), 160);
  EXPECT_EQ(scale.scaled(0, 0), 0);
  EXPECT_EQ(scale.scaled(65535, 0), 65535);
  EXPECT_TRUE(NoiseScale().empty());
  EXPECT_FALSE(scale.empty());
}

TEST(NoiseScale, IsWithinAHalfStepOfTheNoise) {
  const NoiseScale scale(model_of(4.7, 0.83), 16);
  for (int b = 0; b < 65536; b += 97) {
    const double sigma = std::sqrt(4.7 + 0.83 * b);
    for (const int value : {1, 7, 60, 400}) {
      EXPECT_NEAR(scale.scaled(static_cast<std::uint16_t>(value), static_cast<std::uint16_t>(b)), 16 * value / sigma,
                  0.5 + value / 65536.0);
    }
  }
}

TEST(NoiseScale, ThinksThatRoundingScattersToo) {
  const NoiseScale scale(model_of(0, 0), 16);
  EXPECT_EQ(scale.scaled(1, 0), std::lround(16 * std::sqrt(12.0)));
}

TEST(NoiseScale, KnowsTheLeastValueThatReachesALevel) {
  for (const auto& model : {model_of(9, 2), model_of(0, 0), model_of(1e3, 70), model_of(1e12, 1e9)}) {
    const NoiseScale scale(model, 16);
    for (const int background : {0, 1, 77, 3000, 65535}) {
      const auto b = static_cast<std::uint16_t>(background);
      for (const int level : {1, 2, 48, 84, 1000, 65534, 65535}) {
        const std::uint32_t least = scale.least(b, level);
        ASSERT_GE(least, 1u);
        if (least > 65535) {
          EXPECT_LT(scale.scaled(65535, b), level);
          continue;
        }
        EXPECT_GE(scale.scaled(static_cast<std::uint16_t>(least), b), level);
        EXPECT_LT(scale.scaled(static_cast<std::uint16_t>(least - 1), b), level);
      }
    }
  }
}

}  // namespace
}  // namespace dctprep
