// SPDX-License-Identifier: BSD-3-Clause
#include "dctprep/simulate/sample.h"

#include <cmath>
#include <gtest/gtest.h>
#include <numbers>

#include "dctprep/simulate/random.h"
#include "dctprep/simulate/resolve.h"

namespace dctprep {
namespace {

Polyhedron box(double x, double y, double z) {
  return prism({{-x / 2, -y / 2, 0}, {x / 2, -y / 2, 0}, {x / 2, y / 2, 0}, {-x / 2, y / 2, 0}}, z);
}

bool holds(const Polyhedron& body, Vec3 p) {
  if (body.empty()) return false;
  for (const auto& face : body.faces) {
    if (dot(face.plane.normal, p) > face.plane.offset) return false;
  }
  return true;
}

TEST(Polyhedron, ClipCutsWhatLiesBeyond) {
  Polyhedron body = box(2, 3, 4);
  EXPECT_NEAR(body.volume(), 24, 1e-12);
  body.clip({{1, 0, 0}, 5});
  EXPECT_NEAR(body.volume(), 24, 1e-12);
  body.clip({{0, 0, 1}, 1});
  EXPECT_NEAR(body.volume(), 18, 1e-12);
  EXPECT_NEAR(body.centroid().z, -0.5, 1e-12);
  // A corner of a cube cut off at its three neighbours holds a sixth of it.
  Polyhedron cube = box(1, 1, 1);
  const double s = 1 / std::sqrt(3.0);
  cube.clip({{s, s, s}, 0.5 * s});
  EXPECT_NEAR(cube.volume(), 5.0 / 6, 1e-12);
  cube.clip({{0, 1, 0}, -3});
  EXPECT_TRUE(cube.empty());
  EXPECT_EQ(cube.volume(), 0);
}

TEST(Voronoi, EveryPointBelongsToItsNearestSeed) {
  RandomStream random(4, Purpose::kGrains);
  const Polyhedron body = box(1, 2, 0.5);
  const auto point = [&] {
    return Vec3{random.uniform() - 0.5, 2 * random.uniform() - 1, 0.5 * random.uniform() - 0.25};
  };
  std::vector<Vec3> seeds;
  for (int i = 0; i < 60; ++i) seeds.push_back(point());
  const std::vector<Polyhedron> cells = voronoi(body, seeds);
  double volume = 0;
  for (const Polyhedron& cell : cells) volume += cell.volume();
  EXPECT_NEAR(volume, body.volume(), 1e-9);
  for (int i = 0; i < 5000; ++i) {
    const Vec3 p = point();
    std::size_t nearest = 0;
    for (std::size_t j = 1; j < seeds.size(); ++j) {
      if (norm(p - seeds[j]) < norm(p - seeds[nearest])) nearest = j;
    }
    for (std::size_t j = 0; j < seeds.size(); ++j) ASSERT_EQ(holds(cells[j], p), j == nearest);
  }
}

TEST(Sample, GrainsFillTheCylinder) {
  SimulateOptions options;
  options.subgrains = 3;
  options = resolve_options(options);
  const Sample sample = make_sample(options);
  EXPECT_EQ(sample.grains.size(), 30u);
  double volume = 0, pieces = 0;
  for (const Grain& grain : sample.grains) {
    volume += grain.volume;
    for (const Block& block : grain.blocks) pieces += block.volume;
  }
  const SampleShape& shape = sample.shape;
  EXPECT_NEAR(volume / (std::numbers::pi * shape.a * shape.b * shape.height), 1, 1e-6);
  EXPECT_NEAR(pieces / volume, 1, 1e-9);
}

TEST(Sample, PathsAndChordsAreThoseOfTheEllipse) {
  SampleShape shape;
  shape.a = 0.3, shape.b = 0.2, shape.middle = {0.05, -0.02, 0};
  const auto in_sample = [&](double x, double y) {
    const double p = (x - 0.05) / 0.3, q = (y + 0.02) / 0.2;
    return p * p + q * q <= 1;
  };
  for (const double omega : {0.0, 0.4, 1.9, 4.0}) {
    for (const double y : {-0.31, -0.1, 0.0, 0.12, 0.25}) {
      // March along the beam in the laboratory and look each point up in the sample.
      double length = 0;
      const double step = 1e-4;
      for (double x = -0.6; x < 0.6; x += step) {
        const Vec3 r = rotate_z(-omega, {x, y, 0});
        length += in_sample(r.x, r.y) ? step : 0;
      }
      EXPECT_NEAR(shape.chord(y, omega), length, 5e-4) << omega << " " << y;
    }
  }
  EXPECT_NEAR(shape.path({0.05, -0.02, 0}, {1, 0, 0}), 0.3, 1e-12);
  EXPECT_NEAR(shape.path({0.05, 0.08, 0}, {0, -0.6, 0.8}), 0.5, 1e-12);
}

}  // namespace
}  // namespace dctprep
