// SPDX-License-Identifier: BSD-3-Clause
#include "dctprep/background/compact_background.h"

#include <algorithm>
#include <gtest/gtest.h>
#include <random>

#include "dctprep/background/subtract.h"

namespace dctprep {
namespace {

auto compact_frame(CompactFramePool& pool, const std::shared_ptr<FrameReference>& reference,
                   const Image<std::uint16_t>& frame) {
  auto compact = pool.take();
  compact->restart(reference);
  compact->append(frame.data(), frame.size());
  compact->finish();
  return compact;
}

TEST(CompactBackground, SubtractsLikeWholeNumbers) {
  std::mt19937 random(1);
  int rows_marked = 0;
  for (int round = 0; round < 60; ++round) {
    const int height = 1 + static_cast<int>(random() % 4), width = 1 + static_cast<int>(random() % 3000);
    const auto pixels = static_cast<std::size_t>(height) * static_cast<std::size_t>(width);
    const Region excluded = round % 3 == 0 ? Region{width / 3, 0, width / 2, height} : Region{};
    const int middle = round % 2 == 0 ? 400 : 65400, apart = round % 4 == 0 ? 400 : 100;
    const auto draw = [&](int spread) {
      const int value = middle + static_cast<int>(random() % static_cast<unsigned>(spread)) - spread / 2;
      return static_cast<std::uint16_t>(std::clamp(value, 0, 65535));
    };
    const auto reference = std::make_shared<FrameReference>(pixels);
    Image<std::uint16_t> background(height, width), frame(height, width);
    for (std::size_t i = 0; i < pixels; ++i) {
      reference->data()[i] = draw(40);
      background.data()[i] = draw(apart);
      frame.data()[i] = random() % 20 == 0 ? static_cast<std::uint16_t>(random()) : draw(60);
    }
    for (int u = excluded.u0; u < excluded.u1; ++u) background(0, u) = 30000;
    CompactFramePool pool(pixels, 1);
    const auto compact = compact_frame(pool, reference, frame);
    ImagePool<std::uint8_t> byte_pool(height, width);
    CompactBackground held(background, *reference, excluded, byte_pool);
    Image<std::uint8_t> more(height, (width + 63) / 64, 0);
    const bool is_raised = round % 5 == 3;
    if (is_raised) {
      for (auto& by : more.pixels()) by = static_cast<std::uint8_t>(random() % (round % 10 == 3 ? 30 : 256));
      held.raise_levels(more);
    }
    for (const std::int32_t offset : {0, 4, -9, 500, -70, 65535, -65535}) {
      std::vector<std::uint16_t> residual(static_cast<std::size_t>(width));
      for (int v = 0; v < height; ++v) {
        const int u0 = round % 3 == 1 ? static_cast<int>(random() % static_cast<unsigned>(width)) : 0;
        const int u1 = width - (round % 3 == 1 ? static_cast<int>(random() % static_cast<unsigned>(width - u0)) : 0);
        held.subtract(*compact, offset, v, u0, u1, residual.data() + u0);
        const int level = 1 + static_cast<int>(random() % (round % 2 ? 20 : 300));
        std::vector<std::uint64_t> bits((static_cast<std::size_t>(width) + 63) / 64);
        const bool marked = held.mark_row(*compact, offset, v, level, bits.data());
        rows_marked += marked ? 1 : 0;
        for (int u = 0; u < width; ++u) {
          if (excluded.contains(v, u)) continue;
          const auto at = static_cast<std::size_t>(u);
          const int expected = std::clamp(frame(v, u) - background(v, u) - offset, 0, 65535);
          if (u0 <= u && u < u1) {
            ASSERT_EQ(residual[at], expected)
                << "round " << round << " offset " << offset << " pixel " << v << ", " << u;
          }
          if (marked) {
            ASSERT_EQ((bits[at / 64] >> at % 64 & 1) != 0, expected >= level + more(v, u / 64))
                << "round " << round << " offset " << offset << " level " << level << " pixel " << v << ", " << u;
          }
        }
      }
    }
  }
  EXPECT_GT(rows_marked, 50);
}

TEST(CompactBackground, SubtractsWindowsLikeRows) {
  std::mt19937 random(3);
  int told = 0, left = 0;
  for (int round = 0; round < 40; ++round) {
    const int height = 5 + static_cast<int>(random() % 30), width = 5 + static_cast<int>(random() % 600);
    const auto pixels = static_cast<std::size_t>(height) * static_cast<std::size_t>(width);
    const Region excluded = round % 3 == 0 ? Region{width / 3, 1, width / 2, height - 2} : Region{};
    const auto reference = std::make_shared<FrameReference>(pixels);
    Image<std::uint16_t> background(height, width), frame(height, width);
    const unsigned often = round % 2 == 0 ? 2000 : 100;
    for (std::size_t i = 0; i < pixels; ++i) {
      reference->data()[i] = static_cast<std::uint16_t>(400 + random() % 20);
      background.data()[i] = static_cast<std::uint16_t>(400 + random() % 30);
      const bool is_far = random() % often == 0;
      frame.data()[i] = static_cast<std::uint16_t>(is_far ? random() % 65536 : 400 + random() % 50);
    }
    if (round % 5 == 0) background(height / 2, width / 2) = 3000;  // a row that bytes do not hold
    CompactFramePool pool(pixels, 1);
    const auto compact = compact_frame(pool, reference, frame);
    ImagePool<std::uint8_t> byte_pool(height, width);
    const CompactBackground held(background, *reference, excluded, byte_pool);
    for (const std::int32_t offset : {0, 5, -11, 65535}) {
      for (const int radius : {1, 2}) {
        const int side = 2 * radius + 1;
        const std::size_t stride = 1 + random() % 9;
        std::vector<std::uint16_t> window(static_cast<std::size_t>(side * side) * stride);
        for (int v = 0; v < height; ++v) {
          for (int u = 0; u < width; ++u) {
            if (!held.subtract_window(*compact, offset, v, u, radius, stride, window.data())) {
              ++left;
              continue;
            }
            ++told;
            for (int i = 0; i < side * side; ++i) {
              const int y = v - radius + i / side, x = u - radius + i % side;
              ASSERT_TRUE(y >= 0 && x >= 0 && y < height && x < width && !excluded.contains(y, x)) << v << ", " << u;
              ASSERT_EQ(window[static_cast<std::size_t>(i) * stride],
                        std::clamp(frame(y, x) - background(y, x) - offset, 0, 65535))
                  << "round " << round << " offset " << offset << " pixel " << y << ", " << x;
            }
          }
        }
      }
    }
  }
  EXPECT_GT(told, 100000);
  EXPECT_GT(left, 100000);
}

TEST(CompactBackground, FindsTheOffsetOfWholeNumbers) {
  std::mt19937 random(2);
  for (int round = 0; round < 200; ++round) {
    const bool tall = round % 4 < 2;  // enough for some rows to tell of the others
    const int height = 1 + static_cast<int>(random() % (tall ? 200 : 9)),
              width = 1 + static_cast<int>(random() % (tall ? 300 : 1500));
    const auto pixels = static_cast<std::size_t>(height) * static_cast<std::size_t>(width);
    const Region excluded = round % 3 == 0 ? Region{width / 3, 1, width / 2 + 1, height} : Region{};
    const unsigned spread = round % 5 == 0 ? 60000 : round % 5 == 1 ? 300 : 20;
    const int shift = round % 7 == 0 ? 3000 : round % 7 == 1 ? -700 : 2;
    const auto reference = std::make_shared<FrameReference>(pixels);
    Image<std::uint16_t> background(height, width), frame(height, width);
    Image<std::uint8_t> bad(height, width, 0);
    Image<std::uint64_t> bad_bits(height, (width + 63) / 64, 0);
    for (std::size_t i = 0; i < pixels; ++i) {
      reference->data()[i] = static_cast<std::uint16_t>(4000 + random() % 20);
      background.data()[i] = static_cast<std::uint16_t>(4000 + random() % spread);
      frame.data()[i] = random() % 20 == 0
                            ? static_cast<std::uint16_t>(random())
                            : static_cast<std::uint16_t>(4000 + shift + static_cast<int>(random() % spread));
      if (round % 2 == 0 && random() % (round % 4 == 0 ? 1000 : 10) == 0) {
        bad.data()[i] = 1;
        const int v = static_cast<int>(i) / width, u = static_cast<int>(i) % width;
        bad_bits(v, u / 64) |= std::uint64_t{1} << u % 64;
      }
    }
    CompactFramePool pool(pixels, 1);
    const auto compact = compact_frame(pool, reference, frame);
    ImagePool<std::uint8_t> byte_pool(height, width);
    const CompactBackground held(background, *reference, excluded, byte_pool);
    for (const int stride : {1, 2, 4, 7}) {
      const BackgroundOptions options{.offset_stride = stride};
      std::vector<int> differences;
      for (int v = 0; v < height; v += stride) {
        for (int u = 0; u < width; u += stride) {
          if (bad(v, u) == 0 && !excluded.contains(v, u)) differences.push_back(frame(v, u) - background(v, u));
        }
      }
      std::sort(differences.begin(), differences.end());
      const int expected = differences.empty() ? 0 : differences[differences.size() / 2];
      ASSERT_EQ(held.frame_offset(*compact, bad_bits, options), expected) << "round " << round << " " << stride;
      ASSERT_EQ(frame_offset(frame, background, bad, excluded, options), expected) << "round " << round;
    }
    EXPECT_EQ(held.frame_offset(*compact, bad_bits, {.frame_offset = false}), 0);
  }
}

}  // namespace
}  // namespace dctprep
