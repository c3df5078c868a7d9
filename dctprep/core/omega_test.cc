// SPDX-License-Identifier: BSD-3-Clause
#include "dctprep/core/omega.h"

#include <gtest/gtest.h>
#include <limits>
#include <vector>

namespace dctprep {
namespace {

std::vector<double> angles(int count, double start, double step) {
  std::vector<double> omega;
  for (int k = 0; k < count; ++k) omega.push_back(start + k * step);
  return omega;
}

TEST(Omega, AFullTurnEndsOneStepBeforeItsStart) {
  EXPECT_TRUE(is_full_turn(angles(3600, 0, 0.1)));
  EXPECT_TRUE(is_full_turn(angles(3600, 17.3, -0.1)));
  EXPECT_TRUE(is_full_turn(angles(3, 0, 120)));
  EXPECT_TRUE(is_full_turn(angles(8, -180, 45)));
  EXPECT_FALSE(is_full_turn(angles(1800, 0, 0.1)));
  EXPECT_FALSE(is_full_turn(angles(7200, 0, 0.1)));
}

TEST(Omega, HalfAStepIsTheLimit) {
  EXPECT_FALSE(is_full_turn(angles(9, 0, 45)));  // repeats the first angle
  EXPECT_FALSE(is_full_turn(angles(7, 0, 45)));  // ends two steps before it
  // 64 steps of 5.625 are a turn; with the sum at 360 +- half a step exactly it still is one. Binary fractions all.
  EXPECT_TRUE(is_full_turn(std::vector<double>{0, 144, 288}) == (288.0 + 144.0 - 360.0 <= 72.0));
  EXPECT_TRUE(is_full_turn(std::vector<double>{0, 100, 205.72}));   // 308.58: 51.42 below, half a step is 51.43
  EXPECT_FALSE(is_full_turn(std::vector<double>{0, 100, 205.70}));  // 308.55: 51.45 below, half a step is 51.425
}

TEST(Omega, TooFewOrNoAnglesAreNone) {
  EXPECT_FALSE(is_full_turn({}));
  EXPECT_FALSE(is_full_turn(angles(1, 0, 360)));
  EXPECT_FALSE(is_full_turn(angles(2, 0, 180)));
  EXPECT_FALSE(is_full_turn(angles(100, 5, 0)));
  const double nan = std::numeric_limits<double>::quiet_NaN(), infinity = std::numeric_limits<double>::infinity();
  EXPECT_FALSE(is_full_turn(std::vector<double>{0, 120, nan}));
  EXPECT_FALSE(is_full_turn(std::vector<double>{0, 120, infinity}));
  EXPECT_EQ(omega_range(angles(1, 7, 0)).turn(), 0);
  EXPECT_EQ(omega_range(angles(5, 7, -2)).range, 8);
  EXPECT_EQ(omega_range(angles(5, 7, -2)).step, 2);
}

}  // namespace
}  // namespace dctprep
