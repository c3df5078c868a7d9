// SPDX-License-Identifier: BSD-3-Clause
#include "dctprep/estimate/noise/noise_frames.h"

#include <cmath>
#include <gtest/gtest.h>
#include <random>
#include <tbb/global_control.h>

namespace dctprep {
namespace {

constexpr int kSide = 160;
const Image<std::uint8_t> kGood(kSide, kSide, 0);

struct Draw {
  double gain = 1, readout = 3, like_next_column = 0, spots = 0;
  double low = 30, high = 300;  // of the background, from left to right
};

// Runs of readings minus their background, drawn by the standard library; `spots`: the share of pixels and frames in
// which squares of 5 x 5 pixels come or go, and whose shadows lie in all frames of a run.
std::vector<GroupResiduals> drawn(const Draw& d) {
  std::mt19937 random(5);
  std::normal_distribution<double> normal;
  std::uniform_int_distribution<int> anywhere(2, kSide - 3);
  std::vector<GroupResiduals> groups(5);
  for (GroupResiduals& group : groups) {
    group.background = Image<std::uint16_t>(kSide, kSide);
    std::vector<double> shadow(kGood.size(), 0);
    const auto squares = [&](std::vector<double>& image, double by) {
      for (int i = 0; i < d.spots * kSide * kSide / 25; ++i) {
        const int v0 = anywhere(random), u0 = anywhere(random);
        for (int v = v0 - 2; v <= v0 + 2; ++v) {
          for (int u = u0 - 2; u <= u0 + 2; ++u) image[static_cast<std::size_t>(v * kSide + u)] += by;
        }
      }
    };
    squares(shadow, -60);
    for (int k = 0; k < 5; ++k) {
      std::vector<double> light = shadow;
      squares(light, 200);
      Residual r{Image<std::uint16_t>(kSide, kSide), Image<std::uint16_t>(kSide, kSide)};
      for (int v = 0; v < kSide; ++v) {
        double before = normal(random);
        for (int u = 0; u < kSide; ++u) {
          const double level = std::round(d.low + (d.high - d.low) * u / kSide);
          group.background(v, u) = static_cast<std::uint16_t>(level);
          const double z =
              d.like_next_column * before + std::sqrt(1 - d.like_next_column * d.like_next_column) * normal(random);
          before = z;
          const double x = std::round(z * std::sqrt(d.readout * d.readout + d.gain * level) +
                                      light[static_cast<std::size_t>(v * kSide + u)]);
          r.above(v, u) = static_cast<std::uint16_t>(std::max(0.0, x));
          r.below(v, u) = static_cast<std::uint16_t>(std::max(0.0, -x));
        }
      }
      group.run.push_back(std::move(r));
    }
  }
  return groups;
}

// As fitted to all pixels: with spots, too much of everything.
NoiseModel model_of(double gain, double readout_variance) {
  NoiseModel model;
  model.gain = gain;
  model.readout_variance = readout_variance;
  return model;
}

double variance_at(const NoiseModel& model, double level) { return model.readout_variance + model.gain * level; }

TEST(NoiseShape, IsThatOfTheNoiseWhateverSpotsAndShadowsThereAre) {
  for (const Draw& d : {Draw{}, Draw{.gain = 3, .readout = 6}, Draw{.spots = 0.05}, Draw{.spots = 0.15}}) {
    const NoiseShape shape = noise_shape(drawn(d), model_of(1.3 * d.gain, d.readout * d.readout), kGood, {});
    for (const double level : {50.0, 150.0, 250.0}) {
      const double variance = d.readout * d.readout + 1.0 / 12 + d.gain * level;
      EXPECT_NEAR(variance_at(shape.model, level) / variance, 1, d.spots > 0.1 ? 0.1 : 0.06) << d.spots << " " << level;
    }
    EXPECT_NEAR(shape.along_u, 0, 0.03) << d.spots;
    EXPECT_NEAR(shape.along_v, 0, 0.03) << d.spots;
  }
}

TEST(NoiseShape, SeesNeighboursThatAreAlike) {
  const NoiseShape shape = noise_shape(drawn({.like_next_column = 0.3}), model_of(1, 9), kGood, {});
  EXPECT_NEAR(shape.along_u, 0.25, 0.06);  // the quietest are less alike
  EXPECT_NEAR(shape.along_v, 0, 0.03);
}

TEST(NoiseShape, KeepsTheModelWhereLittleCanBeUsed) {
  const NoiseModel model = model_of(2, 7);
  EXPECT_EQ(noise_shape({}, model, kGood, {}).model.gain, 2);
  EXPECT_EQ(noise_shape(drawn({}), model, kGood, Region{0, 0, kSide, kSide}).model.readout_variance, 7);
}

TEST(SimulateNoise, HasTheDistributionOfTheModel) {
  struct Case {
    double gain, readout_variance, level;
  };
  for (const Case& c : {Case{1, 9, 100}, Case{2, 4, 30}, Case{0, 25, 50}, Case{1, 0.1, 12}}) {
    const std::vector<GroupResiduals> groups = drawn({.low = c.level, .high = c.level});
    const NoiseShape shape{model_of(c.gain, c.readout_variance), 0, 0};
    std::vector<double> shares(4, 0);
    double all = 0;
    const double sigma = std::sqrt(c.readout_variance + c.gain * c.level);
    for (const GroupResiduals& group : simulate_noise(groups, shape, 100000, kGood, {})) {
      ASSERT_EQ(group.run.size(), 5u);
      for (const Residual& r : group.run) {
        EXPECT_TRUE(r.above.empty());
        for (const auto x : r.below.pixels()) {
          for (std::size_t s = 0; s < shares.size(); ++s)
            shares[s] += x >= std::ceil(static_cast<double>(s + 1) * sigma);
        }
        all += static_cast<double>(r.below.size());
      }
    }
    // The same by the standard library: photons by Poisson, about the median, which may lie anywhere within a count.
    std::mt19937 random(3);
    std::poisson_distribution<int> photons(c.gain > 0 ? c.level / c.gain : 1);
    std::normal_distribution<double> normal(0, std::sqrt(std::max(0.0, c.readout_variance - 1.0 / 12)));
    std::uniform_real_distribution<double> within(-0.5, 0.5);
    std::vector<double> expected(4, 0);
    constexpr int kDraws = 1000000;
    for (int i = 0; i < kDraws; ++i) {
      const double light = c.gain > 0 ? c.gain * (photons(random) - c.level / c.gain) : 0;
      const double by_median = c.gain * c.gain * c.level / (6 * sigma * sigma);
      const double x = std::round(light + normal(random) + by_median + within(random));
      for (std::size_t s = 0; s < expected.size(); ++s)
        expected[s] += x >= std::ceil(static_cast<double>(s + 1) * sigma);
    }
    for (std::size_t s = 0; s < 4; ++s) {
      EXPECT_NEAR(shares[s] / all / (expected[s] / kDraws), 1,
                  s < 2   ? 0.03
                  : s < 3 ? 0.1
                          : 0.6)
          << c.level << " beyond " << s + 1;
    }
  }
}

TEST(SimulateNoise, HasTheCorrelationOfTheShape) {
  const std::vector<GroupResiduals> groups = drawn({.low = 400, .high = 400});
  const auto simulated = simulate_noise(groups, {model_of(1, 9), 0.2, 0.4}, 1000, kGood, {});
  double square = 0, next_u = 0, next_v = 0, sum = 0, n = 0;
  for (const Residual& r : simulated.front().run) {
    for (int v = 0; v + 1 < kSide; ++v) {
      for (int u = 0; u + 1 < kSide; ++u) {
        const double here = r.below(v, u);
        sum += here, ++n;
        square += here * here;
        next_u += here * r.below(v, u + 1);
        next_v += here * r.below(v + 1, u);
      }
    }
  }
  const double mean = sum / n, variance = square / n - mean * mean;
  // Of the upper halves of two normal deviates with correlation c: E = (sqrt(1 - c^2) + c (pi / 2 + asin c)) / (2 pi),
  // each with mean 1 / sqrt(2 pi) and mean square 1 / 2.
  const auto of_halves = [](double c) {
    const double pi = 3.14159265358979;
    const double product = (std::sqrt(1 - c * c) + c * (pi / 2 + std::asin(c))) / (2 * pi);
    return (product - 1 / (2 * pi)) / (0.5 - 1 / (2 * pi));
  };
  EXPECT_NEAR((next_u / n - mean * mean) / variance, of_halves(0.4), 0.02);
  EXPECT_NEAR((next_v / n - mean * mean) / variance, of_halves(0.2), 0.02);
}

TEST(SimulateNoise, IsTheSameOnAnyNumberOfThreads) {
  const std::vector<GroupResiduals> groups = drawn({});
  const NoiseShape shape{model_of(1, 9), 0.1, 0.1};
  const auto first = simulate_noise(groups, shape, 100, kGood, Region{10, 20, 40, 50});
  const tbb::global_control one(tbb::global_control::max_allowed_parallelism, 1);
  const auto again = simulate_noise(groups, shape, 100, kGood, Region{10, 20, 40, 50});
  for (std::size_t i = 0; i < first.size(); ++i) {
    for (std::size_t k = 0; k < 5; ++k) {
      EXPECT_TRUE(std::ranges::equal(first[i].run[k].below.pixels(), again[i].run[k].below.pixels()));
      EXPECT_EQ(first[i].run[k].below(25, 15), 0);  // excluded
    }
  }
}

}  // namespace
}  // namespace dctprep
