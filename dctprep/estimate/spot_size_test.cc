#include "dctprep/estimate/spot_size.h"

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
  return {.frame = frame, .v = 4 * (n / 6), .u = 20 * (n % 6), .height = 2, .width = width, .value = value};
}

TEST(ClearSpots, AreSizedByThoseThatStandOutWhollyAndAreNoZingers) {
  std::vector<Box> boxes;
  for (int n = 0; n < 20; ++n) boxes.push_back(box_of(n, n + 1, 1 + n % 3, 40));  // of 2, 4 ... 40 voxels
  boxes.push_back(box_of(20, 15, 2, 39));                                         // reaches less than twice the seed
  boxes.push_back(box_of(21, 15, 0, 400));                                        // its peak may lie before the run
  boxes.push_back(box_of(22, 15, 4, 400));
  std::vector<GroupResiduals> groups;
  groups.push_back(group_of(boxes));
  groups.push_back(group_of({}));
  SpotSize size = clear_spots(groups, 20, 5, 26);
  EXPECT_EQ(size.spots, 18);  // of 6 voxels and more
  EXPECT_EQ(size.small, 8);
  EXPECT_EQ(size.typical, 24);
  size = clear_spots(groups, 20, 24, 26);
  EXPECT_EQ(size.spots, 9);  // too few to tell
  EXPECT_EQ(size.small, 0);
  EXPECT_EQ(size.typical, 0);
}

TEST(ClearSpots, OfALongerSpotCountWhatLiesInTheRun) {
  std::vector<Box> boxes;
  for (int n = 0; n < 12; ++n) {
    Box box = box_of(n, 10, 0, 30);
    box.frames = 5;
    boxes.push_back(box);
    boxes.push_back(box_of(n, 10, 2, 90));  // where it peaks
  }
  std::vector<GroupResiduals> groups;
  groups.push_back(group_of(boxes));
  EXPECT_EQ(clear_spots(groups, 20, 5, 26).typical, 100);
}

TEST(ChooseThresholds, TakesSeedsMuchSmallerThanClearSpotsForPieces) {
  Progress silent;
  const auto volume_of = [&](double sigma, int given = 0) {
    const Scan scan = testing::synthetic_scan({.frames = 150,
                                               .height = 500,
                                               .width = 520,
                                               .spots = 250,
                                               .spot_peak = 400,
                                               .spot_frames = 2,
                                               .spot_sigma = sigma});
    Config config;
    if (given > 0) config.segment.min_seed_volume = given;
    const Estimate estimate = find_parameters(config, scan, silent);
    const bool says = estimate.why.contains("segment.min_seed_volume") &&
                      estimate.why.at("segment.min_seed_volume").find("stand out") != std::string::npos;
    EXPECT_EQ(says, given == 0 && sigma > 4);
    return estimate.config.segment.min_seed_volume.value();
  };
  EXPECT_LE(volume_of(1.3), 12);
  EXPECT_GT(volume_of(6), 12);
  EXPECT_EQ(volume_of(6, 4), 4);
}

}  // namespace
}  // namespace dctprep
