// SPDX-License-Identifier: BSD-3-Clause
#include "dctprep/background/window_median.h"

#include <algorithm>
#include <gtest/gtest.h>
#include <iterator>
#include <random>

#include "dctprep/background/moving_median.h"

namespace dctprep {
namespace {

using Frames = std::vector<std::unique_ptr<CompactFrame>>;

std::vector<const CompactFrame*> pointers(const Frames& frames, const std::vector<int>& which) {
  std::vector<const CompactFrame*> result;
  for (const int k : which) result.push_back(frames[static_cast<std::size_t>(k)].get());
  return result;
}

// Each of `references` references is one of the frames.
Frames compact(const std::vector<Image<std::uint16_t>>& frames, CompactFramePool& pool, std::size_t references) {
  Frames result;
  std::shared_ptr<FrameReference> reference;
  for (std::size_t k = 0; k < frames.size(); ++k) {
    if (k % std::max<std::size_t>(1, frames.size() / references) == 0) {
      reference = std::make_shared<FrameReference>(frames[k].size());
      std::copy_n(frames[k].data(), frames[k].size(), reference->data());
    }
    result.push_back(pool.take());
    result.back()->restart(reference);
    result.back()->append(frames[k].data(), frames[k].size());
    result.back()->finish();
  }
  return result;
}

void expect_median(const Image<std::uint16_t>& background, const std::vector<Image<std::uint16_t>>& frames,
                   const std::vector<int>& window) {
  for (std::size_t i = 0; i < background.size(); ++i) {
    std::vector<std::uint16_t> values;
    for (const int k : window) values.push_back(frames[static_cast<std::size_t>(k)].data()[i]);
    std::sort(values.begin(), values.end());
    ASSERT_EQ(background.data()[i], values.empty() ? 0 : values[values.size() / 2]) << "pixel " << i;
  }
}

enum class Data { kNoise, kDrift, kJump, kWild, kDark, kBright };

std::vector<Image<std::uint16_t>> draw_frames(std::mt19937& random, int count, int height, int width, Data data) {
  std::vector<Image<std::uint16_t>> frames;
  for (int k = 0; k < count; ++k) {
    frames.emplace_back(height, width);
    for (auto& pixel : frames.back().pixels()) {
      int value = 0;
      const int noise = static_cast<int>(random() % 11);
      if (data == Data::kNoise) value = 100 + noise;
      if (data == Data::kDrift) value = 100 + noise + 2 * k;
      if (data == Data::kJump) value = (k > count / 2 ? 900 : 100) + noise;
      if (data == Data::kWild) value = static_cast<int>(random() % 65536);
      if (data == Data::kDark) value = noise > 7 ? noise - 7 : 0;
      if (data == Data::kBright) value = 65535 - (noise > 7 ? noise : 0);
      pixel = static_cast<std::uint16_t>(value);
    }
  }
  return frames;
}

TEST(WindowMedian, EqualsSortingForAnyWindowsAndData) {
  std::mt19937 random(1);
  for (int round = 0; round < 120; ++round) {
    const int count = 1 + static_cast<int>(random() % 50);
    const int height = 1 + static_cast<int>(random() % 3),
              width = 1 + static_cast<int>(random() % (round % 5 == 0 ? 2500 : 150));
    const auto frames = draw_frames(random, count, height, width, static_cast<Data>(round % 6));
    CompactFramePool pool(static_cast<std::size_t>(height * width), frames.size());
    const Frames held = compact(frames, pool, 1 + random() % 4);
    const BackgroundOptions options{.half_window = static_cast<int>(random() % 30),
                                    .half_step = static_cast<int>(random() % 5),
                                    .stride = 1 + static_cast<int>(random() % 3)};
    std::vector<std::uint8_t> bad(static_cast<std::size_t>(count));
    for (auto& b : bad) b = random() % 6 == 0;
    if (round % 10 == 0) std::fill(bad.begin(), bad.begin() + count / 2, std::uint8_t{1});
    const auto blocks = background_blocks(count, options);
    WindowMedian median(static_cast<std::size_t>(height * width));
    std::vector<std::vector<int>> windows;
    for (const auto& block : blocks) {
      windows.push_back(background_window(block.centre, count, options, round % 4 == 0));
      std::erase_if(windows.back(), [&](int k) { return bad[static_cast<std::size_t>(k)] != 0; });
    }
    std::vector<int> before;
    const std::size_t batch = 1 + random() % 4;
    const bool counts_out = round % 3 == 0;
    for (std::size_t first = 0; first < blocks.size(); first += batch) {
      std::vector<MedianStep> steps;
      std::vector<Image<std::uint16_t>> backgrounds;
      const std::size_t last = std::min(blocks.size(), first + batch);
      for (std::size_t b = first; b < last; ++b) {
        std::vector<int> entering, leaving;
        std::set_difference(windows[b].begin(), windows[b].end(), before.begin(), before.end(),
                            std::back_inserter(entering));
        std::set_difference(before.begin(), before.end(), windows[b].begin(), windows[b].end(),
                            std::back_inserter(leaving));
        if (b == first && counts_out) {
          // Those that left were counted out after the step before.
          leaving.clear();
        }
        if (b == first && round % 7 == 0) {
          median.forget();
          entering.clear();
          leaving.clear();
        }
        backgrounds.emplace_back(height, width);
        steps.push_back(
            {pointers(held, windows[b]), pointers(held, entering), pointers(held, leaving), backgrounds.back().data()});
        before = windows[b];
      }
      std::vector<int> done;
      if (counts_out && last < blocks.size()) {
        std::set_difference(windows[last - 1].begin(), windows[last - 1].end(), windows[last].begin(),
                            windows[last].end(), std::back_inserter(done));
      }
      median.advance(steps, pointers(held, done));
      for (std::size_t b = first; b < last; ++b) expect_median(backgrounds[b - first], frames, windows[b]);
      if (HasFatalFailure()) return;
    }
  }
}

TEST(WindowMedian, ReadsMostMediansOffTheLadder) {
  std::mt19937 random(2);
  const auto frames = draw_frames(random, 300, 20, 64, Data::kNoise);
  CompactFramePool pool(20 * 64, frames.size());
  const Frames held = compact(frames, pool, 1);
  WindowMedian median(20 * 64);
  Image<std::uint16_t> background(20, 64);
  std::vector<int> window(101);
  for (int first = 0; first + 101 <= 300; first += 10) {
    for (int i = 0; i < 101; ++i) window[static_cast<std::size_t>(i)] = first + i;
    MedianStep step{.window = pointers(held, window), .background = background.data()};
    for (int i = 0; i < 10 && first > 0; ++i) {
      step.entering.push_back(held[static_cast<std::size_t>(first + 91 + i)].get());
      step.leaving.push_back(held[static_cast<std::size_t>(first - 10 + i)].get());
    }
    median.advance(std::span(&step, 1));
    expect_median(background, frames, window);
  }
  EXPECT_EQ(median.counters().groups, 20u * 20u);
  EXPECT_LE(median.counters().moved, 20u);  // in the first window only
  EXPECT_EQ(median.counters().selected, 0u);
}

}  // namespace
}  // namespace dctprep
