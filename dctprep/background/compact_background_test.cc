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
    CompactBackground held(background, *reference, excluded);
    Image<std::uint16_t> more(height, width, 0);
    const bool is_raised = round % 5 == 3;
    if (is_raised) {
      for (auto& by : more.pixels()) by = static_cast<std::uint16_t>(random() % (round % 10 == 3 ? 30 : 400));
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
            ASSERT_EQ((bits[at / 64] >> at % 64 & 1) != 0, expected >= level + more(v, u))
                << "round " << round << " offset " << offset << " level " << level << " pixel " << v << ", " << u;
          }
        }
      }
    }
  }
  EXPECT_GT(rows_marked, 50);
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
    std::vector<std::uint8_t> bad_row(static_cast<std::size_t>(height), 0);
    for (std::size_t i = 0; i < pixels; ++i) {
      reference->data()[i] = static_cast<std::uint16_t>(4000 + random() % 20);
      background.data()[i] = static_cast<std::uint16_t>(4000 + random() % spread);
      frame.data()[i] = random() % 20 == 0
                            ? static_cast<std::uint16_t>(random())
                            : static_cast<std::uint16_t>(4000 + shift + static_cast<int>(random() % spread));
      if (round % 2 == 0 && random() % 1000 == 0) {
        bad.data()[i] = 1;
        bad_row[i / static_cast<std::size_t>(width)] = 1;
      }
    }
    CompactFramePool pool(pixels, 1);
    const auto compact = compact_frame(pool, reference, frame);
    const CompactBackground held(background, *reference, excluded);
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
      ASSERT_EQ(held.frame_offset(*compact, bad, bad_row, options), expected) << "round " << round << " " << stride;
      ASSERT_EQ(frame_offset(frame, background, bad, excluded, options), expected) << "round " << round;
    }
    EXPECT_EQ(held.frame_offset(*compact, bad, bad_row, {.frame_offset = false}), 0);
  }
}

}  // namespace
}  // namespace dctprep
