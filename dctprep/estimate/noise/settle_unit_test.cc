// SPDX-License-Identifier: BSD-3-Clause
#include <cmath>
#include <gtest/gtest.h>

#include "dctprep/config/check_config.h"
#include "dctprep/config/config_file.h"
#include "dctprep/estimate/parameters.h"
#include "dctprep/estimate/synthetic_scan_test.h"

namespace dctprep {
namespace {

using testing::SyntheticOptions;

Estimate find(const SyntheticOptions& options, const Config& given = {}) {
  Progress silent;
  Estimate estimate = find_parameters(given, testing::synthetic_scan(options), silent);
  EXPECT_NO_THROW(check_config(estimate.config));
  return estimate;
}

SegmentUnit unit_of(const Estimate& estimate) { return estimate.config.segment.unit.value(); }

// Faint spots all over the detector, under a glow whose noise is several times that further out.
SyntheticOptions faint_under_glow() {
  return {.frames = 120, .height = 300, .width = 320, .glow = 900, .spots = 500, .spot_peak = 30, .spot_sigma = 3};
}

TEST(SettleUnit, TakesSigmaWhereItFindsMore) {
  const Estimate estimate = find(faint_under_glow());
  EXPECT_EQ(unit_of(estimate), SegmentUnit::kSigma) << estimate.why.at("segment.unit");
  EXPECT_NE(estimate.why.at("segment.unit").find("levels in units of the noise (+"), std::string::npos);
  const double steps = 16 * estimate.config.segment.seed.value().number();
  EXPECT_EQ(steps, std::round(steps));
  EXPECT_LT(steps, 64);
}

TEST(SettleUnit, KeepsCountsWhereItDoesNot) {
  const Estimate empty = find({.frames = 100, .glow = 600});
  EXPECT_EQ(unit_of(empty), SegmentUnit::kCounts) << empty.why.at("segment.unit");
  const Estimate few_photons = find({.frames = 100, .beam_counts = 400, .glow = 2, .floor = 0.5, .readout = 1});
  EXPECT_EQ(unit_of(few_photons), SegmentUnit::kCounts);
  EXPECT_NE(few_photons.why.at("segment.unit").find("photons: too few"), std::string::npos);
}

TEST(SettleUnit, KeepsWhatIsGiven) {
  Config given;
  given.segment.unit = SegmentUnit::kSigma;
  given.segment.grow_min = 1.5;
  for (const SyntheticOptions& options :
       {faint_under_glow(), SyntheticOptions{.frames = 100, .beam_counts = 0, .readout = 6}}) {
    const SegmentOptions found = find(options, given).config.segment;
    EXPECT_EQ(found.unit.value(), SegmentUnit::kSigma);
    EXPECT_EQ(found.grow_min.value(), Level(1.5, LevelUnit::kSigma));
    EXPECT_GE(found.seed.value(), Level(1.5));
    EXPECT_LT(found.seed.value(), Level(4));
  }
  given = {};
  given.segment.unit = SegmentUnit::kCounts;
  EXPECT_EQ(unit_of(find(faint_under_glow(), given)), SegmentUnit::kCounts);
}

}  // namespace
}  // namespace dctprep
