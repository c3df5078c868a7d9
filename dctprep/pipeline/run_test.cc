// SPDX-License-Identifier: BSD-3-Clause
// What a run says about its result.
#include "dctprep/pipeline/run.h"

#include <gtest/gtest.h>

#include "dctprep/pipeline/plain_config_test.h"
#include "dctprep/testing/memory_frames.h"
#include "dctprep/testing/memory_scan.h"
#include "dctprep/write/memory_sink.h"

namespace dctprep {
namespace {

Config spots_of_any_size() {
  Config config = testing::plain_config();
  config.denoise.threshold = 1;
  config.segment.seed = 40;
  config.segment.grow_min = 20;
  config.segment.grow_max = 30;
  config.segment.min_seed_volume = 1;
  config.segment.max_fill = 1;
  return config;
}

// 12 frames of level 100, in which `lit` of every 10 rows of frame 5 are 500 brighter, and all of frame 8 is `drift`
// brighter.
RunReport run_with(int lit, int drift, bool frame_offset = true) {
  std::vector<Image<std::uint16_t>> frames;
  for (int k = 0; k < 12; ++k) {
    frames.emplace_back(20, 16, static_cast<std::uint16_t>(k == 8 ? 100 + drift : 100));
    for (int v = 0; k == 5 && v < 20; ++v) {
      if (v % 10 < lit) std::fill_n(frames.back().row(v), 16, std::uint16_t{600});
    }
  }
  const Scan scan = testing::memory_scan(std::make_shared<testing::MemoryFrames>(std::move(frames)));
  Config config = spots_of_any_size();
  config.background.frame_offset = frame_offset;
  MemorySink sink;
  Progress silent;
  return run_pipeline(scan, config, "", sink, silent);
}

TEST(RunReport, WarnsWhereSpotsLightMoreThanHalfOfAFrame) {
  EXPECT_TRUE(run_with(4, 0).warnings.empty());
  const RunReport lit = run_with(6, 0);
  ASSERT_EQ(lit.warnings.size(), 1u);
  EXPECT_NE(lit.warnings[0].find("1 of 12 frames (8.3 %)"), std::string::npos) << lit.warnings[0];
  EXPECT_NE(lit.warnings[0].find("most: 500, in frame 5"), std::string::npos) << lit.warnings[0];
  EXPECT_NE(lit.warnings[0].find("background.frame_offset = false"), std::string::npos) << lit.warnings[0];
  EXPECT_TRUE(run_with(6, 0, false).warnings.empty());
}

TEST(RunReport, WarnsOfOffsetsFromTheLevelOfSpotsOn) {
  EXPECT_TRUE(run_with(0, 19).warnings.empty());
  EXPECT_TRUE(run_with(0, -60).warnings.empty());
  EXPECT_EQ(run_with(0, 20).warnings.size(), 1u);
}

TEST(RunReport, CountsPixelsThatWereReadOtherwiseThanStoredOnceAFrame) {
  auto source = std::make_shared<testing::MemoryFrames>(testing::even_frames(12, 20, 16));
  for (const int k : {3, 4, 7, 11}) source->change_pixel(k, PixelChange::kAbove, 33, 70000 + k);
  source->change_pixel(4, PixelChange::kAbove, 34, 80000);
  source->change_pixel(2, PixelChange::kAbove, 5, 90000);  // a bad pixel
  source->change_pixel(7, PixelChange::kBelow, 16, -4);
  source->break_frame(11, BadFrameCause::kUnreadable);
  Scan scan = testing::memory_scan(source);
  scan.bad_pixels(0, 5) = 1;
  Config config = spots_of_any_size();
  config.scan.max_bad_frames = 1;
  config.background.half_window = 2;  // frames are dropped and read again
  const std::vector<std::string> expected{
      "4 pixels above 65535 in 3 of 12 frames (the first: 70003 at v 2, u 1 of frame 3): they are read as 65535 and "
      "count as saturated; name hot pixels in scan.mask",
      "1 pixel below 0 in 1 of 12 frames (the first: -4 at v 1, u 0 of frame 7): they are read as 0; if a dark was "
      "subtracted from these frames, use the raw ones",
      "1 of 12 frames is left out (unreadable: frame 11: frame 11: broken by the test); a run goes on with up to "
      "scan.max_bad_frames = 1 bad frames"};
  for (const Executor executor : {Executor::kStreaming, Executor::kReference}) {
    MemorySink sink;
    Progress silent;
    EXPECT_EQ(run_pipeline(scan, config, "", sink, silent, executor).warnings, expected);
    EXPECT_EQ(sink.result().summary.warnings, expected);
  }
}

}  // namespace
}  // namespace dctprep
