// SPDX-License-Identifier: BSD-3-Clause
#include "dctprep/read/angle_list.h"

#include <algorithm>
#include <cmath>
#include <gtest/gtest.h>
#include <limits>
#include <numbers>
#include <random>

namespace dctprep {
namespace {

using Angles = std::vector<double>;
constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

Angles line(int frames, double start, double step) {
  Angles angles;
  for (int k = 0; k < frames; ++k) angles.push_back(start + k * step);
  return angles;
}

Angles joined(std::initializer_list<Angles> parts) {
  Angles all;
  for (const Angles& part : parts) all.insert(all.end(), part.begin(), part.end());
  return all;
}

TEST(AngleList, UnitsAreWorthWhatTheyAre) {
  EXPECT_EQ(degrees_per(""), 1);
  for (const char* degrees : {"deg", "Degrees", " degree ", "\xc2\xb0"}) EXPECT_EQ(degrees_per(degrees), 1) << degrees;
  EXPECT_NEAR(*degrees_per("rad") * std::numbers::pi, 180, 1e-12);
  EXPECT_NEAR(*degrees_per("mrad") * 1000 * std::numbers::pi, 180, 1e-12);
  EXPECT_EQ(degrees_per("mdeg"), 1e-3);
  EXPECT_EQ(degrees_per("turns"), 360);
  for (const char* other : {"mm", "K", "counts", "s", "de", "g"}) EXPECT_FALSE(degrees_per(other)) << other;
}

TEST(AngleList, TurnsAreUndoneAtAnySeam) {
  for (const double step : {0.5, -0.5, 0.05, 3.0}) {
    for (const double start : {350.0, 179.0, -179.0, 3324.75, 0.25}) {
      const Angles straight = line(100, start, step);
      for (const double low : {0.0, -180.0, 90.0}) {
        Angles folded;
        for (const double angle : straight) folded.push_back(low + std::fmod(std::fmod(angle - low, 360) + 360, 360));
        const AngleVerdict verdict = judge_angles(folded);
        ASSERT_EQ(verdict.fault, "");
        ASSERT_EQ(verdict.sweeps, (std::vector<Sweep>{{0, 99}})) << step << " " << start << " " << low;
        for (int k = 0; k < 100; ++k) {
          const auto at = static_cast<std::size_t>(k);
          EXPECT_NEAR(verdict.omega[at] - verdict.omega[0], straight[at] - straight[0], 1e-9);
        }
      }
    }
  }
}

TEST(AngleList, WhatIsNoRotationIsRefusedWithItsReason) {
  const auto fault = [](const Angles& angles) { return judge_angles(angles).fault; };
  Angles broken = line(60, 0, 0.5);
  broken[40] = kNan;
  EXPECT_EQ(fault(broken), "1 of 60 values is not finite, the first at frame 40");
  EXPECT_EQ(fault(Angles(60, 7)), "it does not move: 7 at every frame");
  // Frozen from frame 40 on.
  Angles frozen = line(60, 0, 0.5);
  for (std::size_t k = 40; k < 60; ++k) frozen[k] = frozen[39];
  EXPECT_EQ(fault(frozen), "it does not move steadily: 19.5 after 19.5 at frame 40, where the usual step is 0.5");
  Angles outlier = line(60, 0, 0.5);
  outlier[20] = 99;
  EXPECT_NE(fault(outlier), "");
  std::mt19937 random(1);
  Angles noise;
  for (int k = 0; k < 60; ++k) noise.push_back(std::normal_distribution()(random));
  EXPECT_NE(fault(noise), "");
  EXPECT_NE(fault({0, std::numeric_limits<double>::infinity(), 2}), "");
  EXPECT_EQ(fault({5}), "");
  EXPECT_EQ(fault({5, 6}), "");
}

TEST(AngleList, JitterOfAnEncoderIsSteady) {
  std::mt19937 random(2);
  Angles angles = line(3600, 0, 0.1);
  for (double& angle : angles) angle += std::normal_distribution(0.0, 0.005)(random);
  const AngleVerdict verdict = judge_angles(angles);
  EXPECT_EQ(verdict.fault, "");
  EXPECT_EQ(verdict.sweeps.size(), 1u);
}

TEST(AngleList, SweepsEndWhereOmegaJumpsOrTurns) {
  using Sweeps = std::vector<Sweep>;
  const auto sweeps = [](const Angles& angles) { return judge_angles(angles).sweeps; };
  const Angles row = line(20, 0, 0.5), back = line(20, 9.5, -0.5);
  EXPECT_EQ(sweeps(joined({row, row, row})), (Sweeps{{0, 19}, {20, 39}, {40, 59}}));
  EXPECT_EQ(sweeps(joined({row, back, row})), (Sweeps{{0, 19}, {20, 39}, {40, 59}}));
  // Without a repeated angle at the turning point.
  EXPECT_EQ(sweeps(joined({row, line(19, 9, -0.5)})), (Sweeps{{0, 19}, {20, 38}}));
  // A gap in a steady scan.
  EXPECT_EQ(sweeps(joined({line(30, 0, 0.5), line(30, 25, 0.5)})), (Sweeps{{0, 29}, {30, 59}}));
}

TEST(AngleList, InterlacedPassesMakeOneSweep) {
  const auto check = [](const Angles& passes, double start, double step, const std::string& what) {
    const AngleVerdict verdict = judge_angles(passes);
    ASSERT_EQ(verdict.fault, "") << what;
    ASSERT_EQ(verdict.sorted.size(), passes.size()) << what;
    for (std::size_t k = 0; k < passes.size(); ++k) {
      EXPECT_NEAR(verdict.sorted[k], start + static_cast<double>(k) * step, 1e-9) << what << " " << k;
      const double off = passes[static_cast<std::size_t>(verdict.by_omega[k])] - verdict.sorted[k];
      EXPECT_NEAR(off, 360 * std::round(off / 360), 1e-9) << what << " " << k;
    }
  };
  check(joined({line(30, 0, 1), line(30, 0.5, 1)}), 0, 0.5, "forward twice");
  check(joined({line(30, 0, 1), line(30, 29.5, -1)}), 0, 0.5, "to and fro");
  check(joined({line(30, 29.5, -1), line(30, 29, -1)}), 29.5, -0.5, "downwards");
  check(joined({line(20, 0, 1.5), line(20, 0.5, 1.5), line(20, 1, 1.5)}), 0, 0.5, "three passes");
  check(joined({line(180, 0, 2), line(180, 361, 2)}), 0, 1, "two turns, interlaced, counting on");
  check(joined({line(180, 0, 2), line(180, 1, 2)}), 0, 1, "two turns, interlaced, modulo 360");
  check(joined({line(30, 180, 0.5), line(30, 165, 0.5)}), 165, 0.5, "the second half first");
  // Two turns over the same angles are not interlaced.
  EXPECT_TRUE(judge_angles(line(720, 0, 1)).by_omega.empty());
  EXPECT_TRUE(judge_angles(line(3600, 0, 0.1)).by_omega.empty());
  EXPECT_TRUE(judge_angles(line(3601, 0, 0.1)).by_omega.empty());
  EXPECT_TRUE(judge_angles(line(4000, 0, 0.1)).by_omega.empty());
}

// Steps within half of their mean, but not of the usual one: no order makes one sweep of them.
TEST(AngleList, WhatIsUnevenByTheUsualStepIsNotInterlaced) {
  // Steps of 0.7 and 0.3 by turns.
  const Angles uneven = joined({line(31, 0, 1), line(30, 0.3, 1)});
  const AngleVerdict passes = judge_angles(uneven);
  EXPECT_EQ(passes.fault, "");
  EXPECT_TRUE(passes.by_omega.empty());
  EXPECT_EQ(passes.sweeps, (std::vector<Sweep>{{0, 30}, {31, 60}}));
  // In order already, it would be cut at every frame.
  Angles sorted = uneven;
  std::sort(sorted.begin(), sorted.end());
  EXPECT_EQ(judge_angles(sorted).fault,
            "it does not move steadily: 0.3 after 0 at frame 1, where the usual step is 0.7");
  // Whatever is put into order is one sweep in it.
  std::mt19937 random(3);
  int in_order = 0, refused = 0;
  for (int round = 0; round < 2000; ++round) {
    std::uniform_real_distribution<double> jitter(-0.2 * (round % 4), 0.2 * (round % 4));
    Angles angles = round % 2 == 0 ? line(24, 0, 1) : joined({line(12, 0, 2), line(12, 1, 2)});
    for (double& angle : angles) angle += jitter(random);
    const AngleVerdict verdict = judge_angles(angles);
    refused += !verdict.fault.empty();
    if (verdict.by_omega.empty()) continue;
    ++in_order;
    EXPECT_EQ(steady_sweeps(verdict.sorted).size(), 1u) << round;
  }
  EXPECT_GT(in_order, 200);
  EXPECT_GT(refused, 200);
}

TEST(AngleList, AbsentFramesLieBetweenTheirNeighbours) {
  Angles angles = line(10, 356, 1);
  for (double& angle : angles) angle = std::fmod(angle, 360);
  std::vector<std::uint8_t> absent(10, 0);
  for (const std::size_t k : {std::size_t{0}, std::size_t{4}, std::size_t{5}}) angles[k] = kNan, absent[k] = 1;
  const AngleVerdict verdict = judge_angles(angles, absent);
  EXPECT_EQ(verdict.fault, "");
  for (std::size_t k = 0; k < 10; ++k) EXPECT_NEAR(verdict.omega[k], 356 + static_cast<double>(k), 1e-9) << k;
  absent[4] = 0;
  EXPECT_NE(judge_angles(angles, absent).fault, "");
}

TEST(AngleList, SweepNamesStayShort) {
  EXPECT_EQ(sweep_names({{0, 19}, {20, 39}}), "frames 0-19 and 20-39");
  EXPECT_EQ(sweep_names({{0, 1}, {2, 3}, {4, 5}, {6, 7}, {8, 9}}), "frames 0-1, 2-3, 4-5 ... 8-9");
}

TEST(Omega, WholeTurns) {
  using Sweeps = std::vector<Sweep>;
  EXPECT_EQ(whole_turns(line(720, 0, 1)), (Sweeps{{0, 359}, {360, 719}}));
  EXPECT_EQ(whole_turns(line(721, 10, 1)), (Sweeps{{0, 359}, {360, 719}})) << "the last frame repeats the first angle";
  EXPECT_EQ(whole_turns(line(720, 0, -1)), (Sweeps{{0, 359}, {360, 719}}));
  EXPECT_EQ(whole_turns(line(900, 0, 0.8)), (Sweeps{{0, 449}, {450, 899}}));
  EXPECT_TRUE(whole_turns(line(360, 0, 1)).empty());
  EXPECT_TRUE(whole_turns(line(400, 0, 1)).empty());
  EXPECT_TRUE(whole_turns(line(600, 0, 1)).empty());
  EXPECT_TRUE(whole_turns(Angles(720, kNan)).empty());
}

}  // namespace
}  // namespace dctprep
