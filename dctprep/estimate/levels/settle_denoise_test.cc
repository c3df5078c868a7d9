// SPDX-License-Identifier: BSD-3-Clause
#include <gtest/gtest.h>

#include "dctprep/estimate/parameters.h"
#include "dctprep/estimate/synthetic_scan_test.h"

namespace dctprep {
namespace {

Estimate estimate_of(const Scan& scan, const Config& given) {
  Progress silent;
  return find_parameters(given, scan, silent);
}

// Spots of 0.55 pixels, of which a median of 3 x 3 leaves little, and spots that it leaves alone.
testing::SyntheticOptions spots_of(double sigma) {
  return {.frames = 150, .spots = 900, .spot_peak = 300, .spot_frames = 1.5, .spot_sigma = sigma};
}

TEST(SettleDenoise, LeavesSmallSpotsWhole) {
  Config given;
  given.denoise.mode = {};
  const Estimate small = estimate_of(synthetic_scan(spots_of(0.55)), given);
  EXPECT_EQ(small.config.denoise.mode.value(), DenoiseMode::kConditional) << small.why.at("denoise.mode");
  EXPECT_NE(small.why.at("denoise.mode").find("shave off small spots"), std::string::npos);
  const Estimate large = estimate_of(synthetic_scan(spots_of(0)), given);
  EXPECT_EQ(large.config.denoise.mode.value(), DenoiseMode::kFull) << large.why.at("denoise.mode");
  EXPECT_NE(large.why.at("denoise.mode").find("spots pass with the full median"), std::string::npos);
}

TEST(SettleDenoise, KeepsWhatIsGiven) {
  const Scan scan = synthetic_scan(spots_of(0.55));
  Config given;
  EXPECT_EQ(estimate_of(scan, given).config.denoise.mode.value(), DenoiseMode::kFull);  // the key's default
  EXPECT_FALSE(estimate_of(scan, given).why.contains("denoise.mode"));
  given.denoise.mode = DenoiseMode::kOff;
  EXPECT_EQ(estimate_of(scan, given).config.denoise.mode.value(), DenoiseMode::kOff);
  given.denoise.mode = {};
  given.denoise.threshold = 77;
  const Estimate estimate = estimate_of(scan, given);
  EXPECT_EQ(estimate.config.denoise.threshold.value(), 77);
  EXPECT_NE(estimate.why.at("denoise.mode").find("of threshold 77"), std::string::npos);
  // A seed so low that noise passes: the conditional median would let most of it.
  given.denoise.threshold = {};
  Config plain;
  plain.segment.unit = given.segment.unit = SegmentUnit::kCounts;
  given.segment.seed = step_of(estimate_of(scan, plain).config.segment.seed) * 2 / 3;
  given.segment.min_seed_volume = 3;
  const Estimate low = estimate_of(scan, given);
  EXPECT_EQ(low.config.denoise.mode.value(), DenoiseMode::kFull) << low.why.at("denoise.mode");
  EXPECT_NE(low.why.at("denoise.mode").find("too many of them false"), std::string::npos);
}

TEST(SettleDenoise, CountsNoPiecesOfLargeSpots) {
  // Large and faint, the spots fall apart at what the conditional median leaves of the noise.
  testing::SyntheticOptions large = spots_of(12);
  large.spots = 120, large.spot_peak = 14, large.readout = 4;
  Config given;
  given.denoise.mode = {};
  const Estimate estimate = estimate_of(synthetic_scan(large), given);
  EXPECT_EQ(estimate.config.denoise.mode.value(), DenoiseMode::kFull) << estimate.why.at("denoise.mode");
  EXPECT_NE(estimate.why.at("denoise.mode").find("not counting pieces"), std::string::npos);
}

TEST(SettleDenoise, KeepsAGivenGrowthLevelOutOfTheNoise) {
  Config given;
  given.denoise.mode = {};
  given.segment.unit = SegmentUnit::kSigma;
  given.segment.seed = 3.5;
  given.segment.grow_min = 1.2;
  const Estimate estimate = estimate_of(synthetic_scan(spots_of(0.55)), given);
  EXPECT_EQ(estimate.config.denoise.mode.value(), DenoiseMode::kFull) << estimate.why.at("denoise.mode");
  EXPECT_NE(estimate.why.at("denoise.mode").find("grown into the noise"), std::string::npos);
}

}  // namespace
}  // namespace dctprep
