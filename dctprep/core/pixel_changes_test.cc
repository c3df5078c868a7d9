// SPDX-License-Identifier: BSD-3-Clause
#include "dctprep/core/pixel_changes.h"

#include <gtest/gtest.h>

namespace dctprep {
namespace {

PixelChanges above(std::uint64_t pixels, std::size_t first, double value) {
  PixelChanges changes;
  for (std::uint64_t i = 0; i < pixels; ++i) changes.add(PixelChange::kAbove, first + i, value);
  return changes;
}

TEST(ChangeTally, SaysHowManyAndWhereTheFirstIsInWhateverOrderFramesCome) {
  const auto name = [](int k) { return "scan.h5: frame " + std::to_string(k); };
  PixelChanges below;
  below.add(PixelChange::kBelow, 31, -3);
  below.add(PixelChange::kBelow, 30, -4);
  const std::vector<std::string> expected{
      "6 pixels above 65535 in 2 of 60 frames (the first: 269966 at v 1, u 4 of scan.h5: frame 3): they are read as "
      "65535 and count as saturated; name hot pixels in scan.mask",
      "2 pixels below 0 in 1 of 60 frames (the first: -4 at v 3, u 0 of scan.h5: frame 5): they are read as 0; if a "
      "dark was subtracted from these frames, use the raw ones"};
  for (const bool forwards : {true, false}) {
    ChangeTally tally;
    tally.add(1, {});
    if (forwards) tally.add(3, above(2, 14, 269966));
    tally.add(5, below);
    tally.add(7, above(4, 3, 70000));
    if (!forwards) tally.add(3, above(2, 14, 269966));
    EXPECT_EQ(tally.lines(60, 10, name), expected);
  }
  EXPECT_TRUE(ChangeTally().lines(60, 10, name).empty());
}

}  // namespace
}  // namespace dctprep
