// SPDX-License-Identifier: BSD-3-Clause
#include "dctprep/estimate/levels/spot_size.h"

#include <gtest/gtest.h>

#include "dctprep/estimate/parameters.h"
#include "dctprep/estimate/synthetic_scan_test.h"

namespace dctprep {
namespace {

struct Box {
  int frame = 0, frames = 1, v = 0, u = 0, height = 1, width = 1, value = 0;
};

GroupResiduals group_of(const std::vector<Box>& boxes, int frames = 5, int side = 120) {
  GroupResiduals group;
  for (int k = 0; k < frames; ++k) {
    Residual& residual = group.run.emplace_back();
    residual.above = Image<std::uint16_t>(side, side, 0);
    residual.below = Image<std::uint16_t>(side, side, 0);
    for (const Box& box : boxes) {
      if (k < box.frame || k >= box.frame + box.frames) continue;
      for (int v = box.v; v < box.v + box.height; ++v) {
        for (int u = box.u; u < box.u + box.width; ++u) residual.above(v, u) = static_cast<std::uint16_t>(box.value);
      }
    }
  }
  return group;
}

// In a grid: the n-th box of `width` x 2 voxels.
Box box_of(int n, int width, int frame, int value) {
  return {.frame = frame, .v = 4 * (n / 4), .u = 30 * (n % 4), .height = 2, .width = width, .value = value};
}

SpotSize size_of(const std::vector<Box>& boxes) {
  std::vector<GroupResiduals> groups;
  groups.push_back(group_of(boxes));
  groups.push_back(group_of({}));
  SegmentOptions options;
  options.seed = options.grow_min = options.grow_max = 20;
  options.min_seed_volume = 1;
  return spot_size(groups, options);
}

TEST(SpotSize, IsThatOfTheSpotsThatHoldHalfOfTheVoxels) {
  std::vector<Box> boxes;
  for (int n = 0; n < 10; ++n) boxes.push_back(box_of(n, n + 11, 1 + n % 3, 30));  // 22, 24 ... 40 voxels: 310
  SpotSize size = size_of(boxes);
  EXPECT_EQ(size.spots, 10);
  EXPECT_EQ(size.typical, 32);  // 22 + 24 + 26 + 28 + 30 = 130, + 32 = 162, of 310
  boxes.pop_back();
  size = size_of(boxes);  // nine spots tell nothing
  EXPECT_EQ(size.typical, 0);
  EXPECT_EQ(size.pieces, 0);
}

TEST(SpotSize, LeavesOutWhatMayLieBeyondTheRun) {
  std::vector<Box> boxes;
  for (int n = 0; n < 12; ++n) boxes.push_back(box_of(n, 10, 2, 30));
  for (int n = 12; n < 20; ++n) boxes.push_back(box_of(n, 28, n % 2 == 0 ? 0 : 4, 30));
  Box longer = box_of(20, 10, 0, 30);  // counts with all that lies in the run, since it peaks inside
  longer.frames = 5;
  boxes.push_back(longer);
  boxes.push_back(box_of(20, 10, 3, 31));
  const SpotSize size = size_of(boxes);
  EXPECT_EQ(size.spots, 13);
  EXPECT_EQ(size.typical, 20);  // one spot of 100 is not typical of twelve of 20
}

TEST(SpotSize, KnowsPiecesFromSmallSpots) {
  const auto pieces_of = [](int small, int small_value) {
    std::vector<Box> boxes;
    for (int n = 0; n < 12; ++n) {
      Box box = box_of(n, 28, 1, 90);
      box.frames = 3;  // 168 voxels: a 60th is 2, a 20th 8
      boxes.push_back(box);
    }
    for (int n = 0; n < small; ++n) {
      Box box = box_of(n + 12, 1, 2, small_value);
      box.height = 1;
      boxes.push_back(box);
    }
    const SpotSize size = size_of(boxes);
    EXPECT_EQ(size.typical, 168);
    EXPECT_EQ(size.least_seed, size.pieces == 0 ? 0 : 4 * size.pieces > size.spots ? 8 : 2);
    return size.pieces;
  };
  EXPECT_EQ(pieces_of(0, 30), 0);
  EXPECT_EQ(pieces_of(1, 30), 0);  // one is an accident
  EXPECT_EQ(pieces_of(3, 30), 3);  // faint ones: pieces
  EXPECT_EQ(pieces_of(8, 30), 8);
  EXPECT_EQ(pieces_of(8, 90), 0);  // as strong as the others: spots of small grains
}

TEST(ChooseThresholds, TakesSmallSeedsForPiecesWhereFaintSpotsAreLarge) {
  Progress silent;
  const auto volume_of = [&](double sigma, double peak, int given = 0) {
    const Scan scan = testing::synthetic_scan({.frames = 150,
                                               .height = 500,
                                               .width = 520,
                                               .spots = 250,
                                               .spot_peak = peak,
                                               .spot_frames = 2,
                                               .spot_sigma = sigma});
    Config config;
    config.segment.unit = SegmentUnit::kSigma;
    if (given > 0) config.segment.min_seed_volume = given;
    const Estimate estimate = find_parameters(config, scan, silent);
    const int volume = estimate.config.segment.min_seed_volume.value();
    if (given == 0) {
      const bool says = estimate.why.at("segment.min_seed_volume").find("pieces") != std::string::npos;
      EXPECT_EQ(says, volume > 12) << estimate.why.at("segment.min_seed_volume");
    }
    return volume;
  };
  EXPECT_LE(volume_of(1.3, 400), 12);
  EXPECT_GT(volume_of(12, 15), 12);
  EXPECT_EQ(volume_of(12, 15, 4), 4);
}

}  // namespace
}  // namespace dctprep
