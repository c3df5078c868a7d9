// SPDX-License-Identifier: BSD-3-Clause
#include "dctprep/estimate/levels/settle_split.h"

#include <gtest/gtest.h>

#include "dctprep/estimate/parameters.h"
#include "dctprep/estimate/search.h"
#include "dctprep/estimate/synthetic_scan_test.h"

namespace dctprep {
namespace {

SegmentOptions segment_of(const Scan& scan, const Config& given) {
  Progress silent;
  return find_parameters(given, scan, silent).config.segment;
}

Config split_open() {
  Config given;
  given.segment.unit = SegmentUnit::kCounts;
  given.segment.split = {};
  return given;
}

TEST(SettleSplit, LeavesMoreBetweenPeaksThanTheNoiseOfAFlatSpot) {
  const Scan scan = testing::synthetic_scan({.frames = 100});
  Config given = split_open();
  given.segment.split = 0.0;
  EXPECT_EQ(segment_of(scan, given).split.value(), 0);
  given.segment.split = 0.35;
  EXPECT_EQ(segment_of(scan, given).split.value(), 0.35);
  EXPECT_EQ(segment_of(scan, Config{}).split.value(), 0);  // the key's default is off
  const SegmentOptions found = segment_of(scan, split_open());
  EXPECT_GT(found.split.value(), 0.5);
  EXPECT_LE(found.split.value(), 0.6);
  // The lower a given seed, the more of it is noise.
  double before = found.split.value();
  for (const int lower : {3, 6}) {
    given = split_open();
    given.segment.seed = step_of(found.seed) / lower;
    const double split = segment_of(scan, given).split.value();
    EXPECT_LT(split, before) << lower;
    EXPECT_GT(split, 0) << lower;
    before = split;
  }
}

// The formula is that of docs/parameters.md, taken from there by hand.
TEST(SettleSplit, IsLessWhereSpotsAreLarge) {
  SegmentOptions segment;
  segment.seed = 30;
  DenoiseOptions denoise;
  denoise.mode = DenoiseMode::kOff;
  const NoiseLevel noise{.typical = 5, .high = 5, .skew = 1};  // with 30 photons: 7.416
  const auto split_of = [&](int voxels) { return split_by_noise(segment, denoise, noise, {.typical = voxels}, 1); };
  EXPECT_EQ(split_of(1), 0.6);
  EXPECT_EQ(split_of(20), 0.6);      // 30 / (30 + (2.448 + 0.2) 7.416) = 0.604
  EXPECT_EQ(split_of(1000), 0.5);    // 30 / (30 + (3.717 + 0.2) 7.416) = 0.508
  EXPECT_EQ(split_of(10000), 0.47);  // 30 / (30 + (4.292 + 0.2) 7.416) = 0.474
  denoise.mode = DenoiseMode::kFull;
  EXPECT_GT(split_of(10000), 0.49);
}

}  // namespace
}  // namespace dctprep
