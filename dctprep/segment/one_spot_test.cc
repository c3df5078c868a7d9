// SPDX-License-Identifier: BSD-3-Clause
#include "dctprep/segment/one_spot.h"

#include <gtest/gtest.h>
#include <random>
#include <vector>

#include "dctprep/segment/hills_test.h"
#include "dctprep/segment/split_blob.h"

namespace dctprep {
namespace {

constexpr int kFrames = 9, kHeight = 16, kWidth = 20, kSide = 65535;
const SegmentGeometry kGeometry{kFrames, kSide, kSide, false};

// A few hills with noise, many or few levels, as far as they reach `least`.
std::vector<Voxel> draw_blob(std::mt19937& random, int least) {
  const auto from = [&](int low, int high) { return std::uniform_int_distribution<int>(low, high)(random); };
  const int noise = from(1, 25), step = from(0, 2) == 0 ? from(4, 20) : 1;
  std::vector<Hill> hills;
  for (int i = from(1, 4); i > 0; --i) {
    hills.push_back({from(0, kFrames - 1), from(0, kHeight - 1), from(0, kWidth - 1),
                     static_cast<double>(from(20, 150)), 0.1 * from(10, 50)});
  }
  const auto volume = hilly_volume(random, kFrames, kHeight, kWidth, noise, step, hills);
  std::vector<Voxel> voxels;
  for (int k = 0; k < kFrames; ++k) {
    for (int v = 0; v < kHeight; ++v) {
      for (int u = 0; u < kWidth; ++u) {
        const std::uint16_t value = volume[static_cast<std::size_t>(k)](v, u);
        if (value >= least)
          voxels.push_back({k, static_cast<std::uint16_t>(v), static_cast<std::uint16_t>(u), value, false});
      }
    }
  }
  return voxels;
}

// The spots by way of runs, which know no short cut: a voxel far off makes the box too large.
std::vector<std::vector<Voxel>> by_runs(std::vector<Voxel> voxels, const SegmentOptions& options) {
  Voxel far = voxels.back();
  far.v = far.u = kSide - 1;
  far.value = 1;
  voxels.push_back(far);
  EXPECT_FALSE(BoxPlaces::can_hold(voxels, kGeometry));
  std::vector<std::vector<Voxel>> spots = split_blob(std::move(voxels), kGeometry, options);
  spots.back().pop_back();
  if (spots.back().empty()) spots.pop_back();
  return spots;
}

TEST(OneSpot, IsNeverSaidOfABlobThatIsParted) {
  std::mt19937 random(7);
  const auto from = [&](int low, int high) { return std::uniform_int_distribution<int>(low, high)(random); };
  int sure = 0, unsure = 0, parted = 0;
  for (int round = 0; round < 4000; ++round) {
    SegmentOptions options;
    options.connectivity = 26;
    options.seed = from(8, 40);
    options.grow_min = options.grow_max = from(4, step_of(options.seed));
    options.min_seed_volume = from(0, 2) == 0 ? from(3, 40) : 1;
    options.split = from(0, 9) == 0 ? 1.0 : 0.01 * from(30, 95);
    const std::vector<Voxel> voxels = draw_blob(random, step_of(options.grow_min));
    if (voxels.size() < 2) continue;
    const bool is_sure = is_surely_one_spot(BoxPlaces(voxels, kGeometry, options.connectivity), options);
    const std::size_t spots = by_runs(voxels, options).size();
    EXPECT_TRUE(!is_sure || spots == 1) << "round " << round << ": " << spots;
    (spots > 1 ? parted : is_sure ? sure : unsure) += 1;
  }
  // The draws reach what they are meant to reach, and it is known of most.
  EXPECT_GT(parted, 400);
  EXPECT_GT(sure, 1000);
  EXPECT_GT(sure, 4 * unsure);
}

TEST(OneSpot, IsNotTriedWhereNotAllAreNeighbours) {
  std::vector<Voxel> voxels;
  for (std::uint16_t u = 0; u < 30; ++u) voxels.push_back({0, 0, u, 20, false});
  SegmentOptions options;
  options.seed = 10;
  options.min_seed_volume = 1;
  options.split = 0.5;
  EXPECT_TRUE(is_surely_one_spot(BoxPlaces(voxels, kGeometry, 26), options));
  EXPECT_FALSE(is_surely_one_spot(BoxPlaces(voxels, kGeometry, 18), options));
}

}  // namespace
}  // namespace dctprep
