// SPDX-License-Identifier: BSD-3-Clause
#include "dctprep/background/region_median.h"

#include <algorithm>
#include <gtest/gtest.h>
#include <random>

namespace dctprep {
namespace {

using Frame = Image<std::uint16_t>;

// Windows one after another, of frames that come and go: half of them move by one frame, others jump; some are empty.
TEST(RegionMedian, EqualsSortingAndTouchesNothingElse) {
  std::mt19937 random(5);
  const auto from = [&](int low, int high) { return std::uniform_int_distribution<int>(low, high)(random); };
  for (int round = 0; round < 60; ++round) {
    const int height = from(1, 40), width = from(1, 60), count = from(1, 120);
    Region region{from(0, width - 1), from(0, height - 1), 0, 0};
    region.u1 = from(region.u0 + 1, width);
    region.v1 = from(region.v0 + 1, height);
    const int noise = round % 3 == 0 ? 65535 : round % 3 == 1 ? 60 : 3;
    RegionMedian median(region, static_cast<std::size_t>(count));
    std::vector<Frame> frames;
    std::vector<std::size_t> place;
    for (int k = 0; k < count; ++k) {
      Frame& frame = frames.emplace_back(height, width);
      for (auto& pixel : frame.pixels()) pixel = static_cast<std::uint16_t>(from(0, noise));
      // Places are used again, and in no order.
      place.push_back(median.take());
      if (from(0, 2) == 0) {
        median.give_back(place.back());
        place.back() = median.take();
      }
      for (int v = 0; v < height; ++v) median.put(place.back(), v, frame.row(v));
    }
    const int together = from(1, 8);
    std::vector<std::vector<int>> members;
    std::vector<Frame> backgrounds;
    std::vector<RegionWindow> windows;
    int first = 0, size = from(1, count);
    for (int w = 0; w < together; ++w) {
      if (from(0, 4) == 0) first = from(0, count - 1), size = from(0, count);
      std::vector<int>& window = members.emplace_back();
      for (int k = first; k < std::min(count, first + size); ++k) {
        if (from(0, 9) > 0) window.push_back(k);
      }
      std::shuffle(window.begin(), window.end(), random);
      Frame& background = backgrounds.emplace_back(height, width);
      std::fill(background.pixels().begin(), background.pixels().end(), std::uint16_t{777});
      windows.push_back({{}, {}});
      for (const int k : window) windows.back().places.push_back(place[static_cast<std::size_t>(k)]);
      first += 1;
    }
    for (int w = 0; w < together; ++w)
      windows[static_cast<std::size_t>(w)].background = backgrounds[static_cast<std::size_t>(w)].view();
    median.medians(windows);
    if (round % 2 == 0) median.medians(windows);  // from better guesses
    for (int w = 0; w < together; ++w) {
      for (int v = 0; v < height; ++v) {
        for (int u = 0; u < width; ++u) {
          std::vector<int> values;
          for (const int k : members[static_cast<std::size_t>(w)])
            values.push_back(frames[static_cast<std::size_t>(k)](v, u));
          std::sort(values.begin(), values.end());
          const int expected = !region.contains(v, u) ? 777 : values.empty() ? 0 : values[values.size() / 2];
          ASSERT_EQ(backgrounds[static_cast<std::size_t>(w)](v, u), expected)
              << "round " << round << " window " << w << " at " << v << ", " << u;
        }
      }
    }
  }
}

}  // namespace
}  // namespace dctprep
