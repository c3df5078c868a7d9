// SPDX-License-Identifier: BSD-3-Clause
#include "dctprep/core/frame_ranges.h"

#include <gtest/gtest.h>

namespace dctprep {
namespace {

TEST(FrameRanges, AreShort) {
  EXPECT_EQ(frame_ranges({}), "");
  EXPECT_EQ(frame_ranges({3, 7, 8, 9, 20}), "3, 7-9, 20");
  std::vector<int> many;
  for (int i = 0; i < 40; ++i) many.push_back(2 * i);
  EXPECT_EQ(frame_ranges(many), "0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22 and 28 more");
}

TEST(NamedFrames, SayHowManyThereAre) {
  EXPECT_EQ(named_frames({3}), "frame 3");
  std::vector<int> gap;
  for (int k = 400; k < 720; ++k) gap.push_back(k);
  EXPECT_EQ(named_frames(gap), "frames 400-719 (320 frames)");
  EXPECT_EQ(named_frames({1, 5, 6}), "frames 1, 5-6 (3 frames)");
}

}  // namespace
}  // namespace dctprep
