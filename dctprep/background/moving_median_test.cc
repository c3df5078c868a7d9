// SPDX-License-Identifier: BSD-3-Clause
#include "dctprep/background/moving_median.h"

#include <algorithm>
#include <gtest/gtest.h>
#include <random>
#include <set>

#include "dctprep/background/subtract.h"

namespace dctprep {
namespace {

TEST(BackgroundBlocks, CoverTheScanInOrder) {
  for (const int frames : {1, 2, 7, 50, 101}) {
    for (const int half_step : {0, 1, 4, 25, 1000000}) {
      const auto blocks = background_blocks(frames, {.half_step = half_step});
      int next = 0;
      for (const auto& block : blocks) {
        EXPECT_EQ(block.first, next);
        EXPECT_LE(block.last - block.first + 1, std::max(1, 2 * half_step));
        EXPECT_EQ(block.centre,
                  std::min(static_cast<int>(std::min<long>(block.first + long{half_step}, frames)), frames - 1));
        next = block.last + 1;
      }
      EXPECT_EQ(next, frames);
    }
  }
}

TEST(BackgroundWindow, EqualsItsDefinition) {
  std::mt19937 random(1);
  for (int round = 0; round < 500; ++round) {
    const int frames = 1 + static_cast<int>(random() % 60);
    const BackgroundOptions options{.half_window = static_cast<int>(random() % 90),
                                    .stride = 1 + static_cast<int>(random() % 9)};
    const int centre = static_cast<int>(random() % static_cast<unsigned>(frames));
    const bool wrap = random() % 2;
    std::set<int> expected;
    for (int k = -400; k <= 400; ++k) {
      if (std::abs(k - centre) > options.half_window || (k - centre) % options.stride != 0) continue;
      if (wrap) expected.insert(((k % frames) + frames) % frames);
      if (!wrap && 0 <= k && k < frames) expected.insert(k);
    }
    const auto window = background_window(centre, frames, options, wrap);
    EXPECT_EQ(std::vector<int>(expected.begin(), expected.end()), window);
  }
}

TEST(MedianBackground, EqualsSorting) {
  std::mt19937 random(2);
  for (const int count : {1, 2, 9, 100}) {
    std::vector<Image<std::uint16_t>> frames;
    std::vector<ImageView<const std::uint16_t>> window;
    for (int k = 0; k < count; ++k) {
      frames.emplace_back(61, 317);
      for (auto& pixel : frames.back().pixels()) pixel = static_cast<std::uint16_t>(500 + random() % 100);
    }
    for (const auto& frame : frames) window.push_back(frame);
    Image<std::uint16_t> background(61, 317);
    median_background(window, background);
    for (std::size_t i = 0; i < background.size(); ++i) {
      std::vector<std::uint16_t> values;
      for (const auto& frame : frames) values.push_back(frame.data()[i]);
      std::sort(values.begin(), values.end());
      ASSERT_EQ(background.data()[i], values[values.size() / 2]);
    }
  }
}

TEST(MedianBackground, IsZeroWithoutFrames) {
  Image<std::uint16_t> background(3, 5, 7);
  median_background({}, background);
  for (const auto pixel : background.pixels()) EXPECT_EQ(pixel, 0);
}

TEST(FrameOffset, IsTheUpperMedianOfSignedDifferences) {
  Image<std::uint16_t> frame(2, 2), background(2, 2);
  for (int i = 0; i < 4; ++i) frame.data()[i] = 100;
  const std::uint16_t under[] = {90, 95, 110, 120};  // differences 10, 5, -10, -20
  std::copy(under, under + 4, background.data());
  Image<std::uint8_t> bad(2, 2, 0);
  EXPECT_EQ(frame_offset(frame, background, bad, {}, {.offset_stride = 1}), 5);
  EXPECT_EQ(frame_offset(frame, background, bad, {}, {.offset_stride = 4}), 10);
  EXPECT_EQ(frame_offset(frame, background, bad, {}, {.frame_offset = false, .offset_stride = 1}), 0);
  bad(0, 0) = bad(0, 1) = 1;
  EXPECT_EQ(frame_offset(frame, background, bad, {}, {.offset_stride = 1}), -10);
  EXPECT_EQ(frame_offset(frame, background, bad, Region{0, 1, 2, 2}, {.offset_stride = 1}), 0);
}

TEST(SubtractBackground, SaturatesAndClears) {
  Image<std::uint16_t> frame(1, 5, 1000), background(1, 5, 400), residual(1, 5);
  frame(0, 1) = 300;
  frame(0, 2) = 65535;
  background(0, 2) = 0;
  Image<std::uint8_t> bad(1, 5, 0);
  bad(0, 3) = 1;
  subtract_background(frame, background, -10, bad, Region{4, 0, 5, 1}, residual);
  EXPECT_EQ(std::vector<int>(residual.pixels().begin(), residual.pixels().end()),
            (std::vector<int>{610, 0, 65535, 0, 0}));
}

}  // namespace
}  // namespace dctprep
