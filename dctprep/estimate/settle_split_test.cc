#include <gtest/gtest.h>

#include "dctprep/estimate/parameters.h"
#include "dctprep/estimate/synthetic_scan_test.h"

namespace dctprep {
namespace {

SegmentOptions segment_of(const Scan& scan, const Config& given) {
  Progress silent;
  return find_parameters(given, scan, silent).config.segment;
}

TEST(SettleSplit, LeavesASaddleTwiceTheNoiseBelowAPeakAtTheSeed) {
  const Scan scan = testing::synthetic_scan({.frames = 100});
  Config given;
  given.segment.unit = SegmentUnit::kCounts;
  EXPECT_EQ(segment_of(scan, given).split.value(), 0);  // the key's default is off
  given.segment.split = 0.35;
  EXPECT_EQ(segment_of(scan, given).split.value(), 0.35);
  given.segment.split = {};
  const SegmentOptions found = segment_of(scan, given);
  EXPECT_GT(found.split.value(), 0.5);
  EXPECT_LE(found.split.value(), 0.6);
  // A seed that lies lower than `auto` lets it: less, down to nothing.
  given.segment.seed = step_of(found.seed) / 2;
  EXPECT_LT(segment_of(scan, given).split.value(), found.split.value());
  EXPECT_GT(segment_of(scan, given).split.value(), 0);
  given.segment.seed = step_of(found.seed) / 10;
  EXPECT_EQ(segment_of(scan, given).split.value(), 0);
}

}  // namespace
}  // namespace dctprep
