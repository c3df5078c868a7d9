// SPDX-License-Identifier: BSD-3-Clause
#include "dctprep/simulate/crystal.h"

#include <cmath>
#include <gtest/gtest.h>
#include <map>
#include <numbers>
#include <set>
#include <tuple>

#include "dctprep/base/error.h"
#include "dctprep/simulate/resolve.h"

namespace dctprep {
namespace {

// How many reflections have each h2 + k2 + l2.
std::map<int, int> shells(Centring centring, double a, double longest) {
  SimulateOptions options;
  options.centring = centring;
  options.cell_a = a;
  std::map<int, int> counts;
  for (const Reflection& r : reflections(options, {a, a, a, 90, 90, 90}, longest))
    ++counts[r.h * r.h + r.k * r.k + r.l * r.l];
  return counts;
}

TEST(Crystal, CubicLatticesShowTheirReflections) {
  const double a = 4.05;
  const std::map<int, int> fcc{{3, 8}, {4, 6}, {8, 12}, {11, 24}, {12, 8}, {16, 6}, {19, 24}, {20, 24}};
  const std::map<int, int> bcc{{2, 12}, {4, 6},   {6, 24}, {8, 12},  {10, 24},
                               {12, 8}, {14, 48}, {16, 6}, {18, 36}, {20, 24}};
  EXPECT_EQ(shells(Centring::kF, a, std::sqrt(20.5) / a), fcc);
  EXPECT_EQ(shells(Centring::kI, a, std::sqrt(20.5) / a), bcc);
  const std::map<int, int> primitive{{1, 6}, {2, 12}, {3, 8}, {4, 6}, {5, 24}};
  EXPECT_EQ(shells(Centring::kP, a, std::sqrt(5.5) / a), primitive);
}

TEST(Crystal, CentredLatticesAreThoseOfTheirPoints) {
  // The sum of exp(2 pi i (h x + k y + l z)) over the lattice points is their number or zero.
  const std::map<Centring, std::vector<Vec3>> points{
      {Centring::kP, {{0, 0, 0}}},
      {Centring::kA, {{0, 0, 0}, {0, .5, .5}}},
      {Centring::kB, {{0, 0, 0}, {.5, 0, .5}}},
      {Centring::kC, {{0, 0, 0}, {.5, .5, 0}}},
      {Centring::kI, {{0, 0, 0}, {.5, .5, .5}}},
      {Centring::kF, {{0, 0, 0}, {0, .5, .5}, {.5, 0, .5}, {.5, .5, 0}}},
      {Centring::kR, {{0, 0, 0}, {2. / 3, 1. / 3, 1. / 3}, {1. / 3, 2. / 3, 2. / 3}}}};
  for (const auto& [centring, where] : points) {
    EXPECT_EQ(lattice_points(centring), static_cast<int>(where.size()));
    for (int h = -4; h <= 4; ++h) {
      for (int k = -4; k <= 4; ++k) {
        for (int l = -4; l <= 4; ++l) {
          double real = 0;
          for (const Vec3& p : where) real += std::cos(2 * std::numbers::pi * (h * p.x + k * p.y + l * p.z));
          EXPECT_EQ(is_allowed(centring, h, k, l), real > 0.5) << enum_name(centring) << h << k << l;
        }
      }
    }
  }
}

TEST(Crystal, TriclinicSpacingsFollowTheMetricTensor) {
  const Cell cell{3.1, 4.7, 6.2, 81, 97, 112};
  const double ca = std::cos(81 * std::numbers::pi / 180), cb = std::cos(97 * std::numbers::pi / 180),
               cg = std::cos(112 * std::numbers::pi / 180);
  // Rows of the metric tensor; 1/d^2 = h . adj(g) h / det(g), International Tables A, section 5.
  const double g11 = 3.1 * 3.1, g22 = 4.7 * 4.7, g33 = 6.2 * 6.2, g23 = 4.7 * 6.2 * ca, g13 = 3.1 * 6.2 * cb,
               g12 = 3.1 * 4.7 * cg;
  const double det = g11 * (g22 * g33 - g23 * g23) - g12 * (g12 * g33 - g23 * g13) + g13 * (g12 * g23 - g22 * g13);
  EXPECT_NEAR(cell_volume(cell), std::sqrt(det), 1e-9);
  const Mat3 b = reciprocal_matrix(cell);
  for (const auto& [h, k, l] : {std::tuple{1., 0., 0.}, {0., 1., 0.}, {0., 0., 1.}, {1., -2., 3.}, {-4., 1., 2.}}) {
    const double square = (h * h * (g22 * g33 - g23 * g23) + k * k * (g11 * g33 - g13 * g13) +
                           l * l * (g11 * g22 - g12 * g12) + 2 * h * k * (g13 * g23 - g12 * g33) +
                           2 * h * l * (g12 * g23 - g13 * g22) + 2 * k * l * (g12 * g13 - g11 * g23)) /
                          det;
    EXPECT_NEAR(norm(b * Vec3{h, k, l}), std::sqrt(square), 1e-12);
  }
  EXPECT_EQ(cell_volume({1, 1, 1, 150, 150, 150}), 0);
}

TEST(Crystal, BraggAnglesLieOnTheEwaldSphere) {
  RandomStream random(11, Purpose::kOrientation);
  const double lambda = wavelength(40);
  EXPECT_NEAR(lambda, 0.30996, 1e-5);
  int found = 0, without = 0;
  for (int i = 0; i < 3000; ++i) {
    const Vec3 g = random_orientation(random) * Vec3{0.1 + 2.5 * random.uniform(), 0, 0};
    const auto angles = bragg_angles(g, lambda);
    if (!angles) {
      ++without;
      continue;
    }
    const auto mate = bragg_angles(-1.0 * g, lambda);
    ASSERT_TRUE(mate);
    for (std::size_t branch = 0; branch < 2; ++branch) {
      const Vec3 out = Vec3{1 / lambda, 0, 0} + rotate_z((*angles)[branch], g);
      EXPECT_NEAR(norm(out) * lambda, 1, 1e-12);
      EXPECT_NEAR(std::abs(std::remainder((*mate)[branch] - (*angles)[branch], 2 * std::numbers::pi)), std::numbers::pi,
                  1e-7);
      ++found;
    }
  }
  EXPECT_GT(found, 4000);
  EXPECT_GT(without, 10);
}

TEST(Crystal, OrientationsAreUniformRotations) {
  RandomStream random(2, Purpose::kOrientation);
  double sum = 0, sum2 = 0;
  const int n = 40000;
  for (int i = 0; i < n; ++i) {
    const Mat3 u = random_orientation(random);
    const Vec3 x = u * Vec3{1, 0, 0}, y = u * Vec3{0, 1, 0}, z = u * Vec3{0, 0, 1};
    ASSERT_NEAR(dot(cross(x, y), z), 1, 1e-12);
    ASSERT_NEAR(dot(x, y), 0, 1e-12);
    const double trace = u.m[0] + u.m[4] + u.m[8];
    sum += trace;
    sum2 += trace * trace;
  }
  // For the uniform distribution the mean of the trace is 0 and that of its square 1.
  EXPECT_NEAR(sum / n, 0, 0.02);
  EXPECT_NEAR(sum2 / n, 1, 0.03);
}

TEST(Crystal, RefusesTooManyReflections) {
  SimulateOptions options;
  options.cell_a = 900;
  EXPECT_THROW(reflections(options, {900, 900, 900, 90, 90, 90}, 1.0), Error);
}

}  // namespace
}  // namespace dctprep
