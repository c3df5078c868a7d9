// SPDX-License-Identifier: BSD-3-Clause
#include "dctprep/background/compact_frame.h"

#include <algorithm>
#include <gtest/gtest.h>
#include <random>

namespace dctprep {
namespace {

TEST(CompactFrame, GivesBackWhatWasAppended) {
  std::mt19937 random(1);
  for (const std::size_t pixels : {1, 63, 64, 511, 512, 513, 4096, 12288, 20001}) {
    CompactFramePool pool(pixels, 3);
    std::unique_ptr<CompactFrame> again = pool.take();
    for (int round = 0; round < 12; ++round) {
      const unsigned spread = round % 3 == 0 ? 200 : round % 3 == 1 ? 270 : 65536;
      const auto reference = std::make_shared<FrameReference>(pixels);
      std::vector<std::uint16_t> values(pixels);
      for (std::size_t i = 0; i < pixels; ++i) {
        reference->data()[i] = static_cast<std::uint16_t>(random() % (round % 2 ? 65536 : 150));
        values[i] = static_cast<std::uint16_t>(reference->data()[i] + random() % spread - spread / 2);
      }
      pool.give_back(std::move(again));
      again = pool.take();
      again->restart(reference);
      for (std::size_t first = 0; first < pixels;) {
        const std::size_t count = std::min(pixels - first, 1 + static_cast<std::size_t>(random() % 6000));
        again->append(values.data() + first, count);
        first += count;
      }
      again->finish();
      for (std::size_t i = 0; i < pixels; ++i) {
        ASSERT_EQ(again->bytes()[i], std::clamp(values[i] - reference->data()[i] + 128, 0, 255));
      }
      EXPECT_LE(again->listed_bytes(), 2 * pixels + pixels / 2 + 5 * 4096);
      if (spread == 200) {
        EXPECT_LT(again->listed_bytes(), 5 * 4096);
      }
      for (int piece = 0; piece < 40; ++piece) {
        const std::size_t first = piece == 0 ? 0 : random() % (pixels + 1);
        const std::size_t count = piece == 0 ? pixels : random() % (pixels - first + 1);
        std::vector<std::uint16_t> read(count);
        again->read(first, count, read.data());
        ASSERT_TRUE(std::equal(read.begin(), read.end(), values.begin() + static_cast<std::ptrdiff_t>(first)))
            << pixels << " pixels, " << count << " from " << first;
      }
    }
  }
}

TEST(CompactFramePool, FramesDoNotShareMemory) {
  CompactFramePool pool(100, 3);
  const auto reference = std::make_shared<FrameReference>(100);
  std::fill_n(reference->data(), 100, std::uint16_t{500});
  std::vector<std::unique_ptr<CompactFrame>> frames;
  for (std::uint16_t k = 0; k < 3; ++k) {
    frames.push_back(pool.take());
    frames.back()->restart(reference);
    const std::vector<std::uint16_t> values(100, static_cast<std::uint16_t>(450 + k));
    frames.back()->append(values.data(), values.size());
    frames.back()->finish();
  }
  for (std::uint16_t k = 0; k < 3; ++k) {
    std::vector<std::uint16_t> read(100);
    frames[k]->read(0, 100, read.data());
    EXPECT_EQ(read, std::vector<std::uint16_t>(100, static_cast<std::uint16_t>(450 + k)));
  }
}

}  // namespace
}  // namespace dctprep
