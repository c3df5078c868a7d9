// SPDX-License-Identifier: BSD-3-Clause
#include "dctprep/kernels/ladder.h"

#include <algorithm>
#include <gtest/gtest.h>
#include <random>
#include <vector>

#include "dctprep/kernels/byte_pixels.h"
#include "dctprep/kernels/on_every_target_test.h"

namespace dctprep {
namespace {

TEST(Ladder, HeightsStopAtBothEnds) {
  on_every_target([](const char* target) {
    std::mt19937 random(1);
    for (const std::size_t count : {0, 1, 31, 32, 63, 64, 100}) {
      std::vector<std::uint16_t> values(count), base(count);
      std::vector<std::uint8_t> above(count);
      for (auto& v : values) v = static_cast<std::uint16_t>(random() % (random() % 2 ? 65536 : 400));
      for (auto& b : base) b = static_cast<std::uint16_t>(random() % (random() % 2 ? 65536 : 400));
      ladder_heights(values.data(), base.data(), count, above.data());
      for (std::size_t i = 0; i < count; ++i) {
        ASSERT_EQ(above[i], std::clamp(values[i] - base[i], 0, 255))
            << target << " " << values[i] << " over " << base[i];
      }
    }
  });
}

TEST(Ladder, CountsWhatLiesBelowEachRung) {
  on_every_target([](const char* target) {
    std::mt19937 random(2);
    for (const std::size_t n : {0, 1, 2, 50, 255}) {
      std::vector<std::uint8_t> above(std::max<std::size_t>(1, n) * kLadderGroup);
      for (auto& height : above) height = static_cast<std::uint8_t>(random() % (random() % 2 ? 20 : 256));
      std::vector<std::uint16_t> counts(kLadderRungs * kLadderGroup, 1000), expected = counts;
      for (const bool add : {true, true, false}) {
        ladder_count(above.data(), n, add, counts.data());
        for (std::size_t j = 0; j < kLadderRungs; ++j) {
          for (std::size_t i = 0; i < kLadderGroup; ++i) {
            int below = 0;
            for (std::size_t k = 0; k < n; ++k) below += above[k * kLadderGroup + i] < j + 1;
            auto& count = expected[j * kLadderGroup + i];
            count = static_cast<std::uint16_t>(add ? count + below : count - below);
          }
        }
        ASSERT_EQ(counts, expected) << target << " n " << n;
      }
    }
  });
}

TEST(Ladder, CountsBytesLikeTheValuesTheyStandFor) {
  on_every_target([](const char* target) {
    std::mt19937 random(4);
    int inside = 0, outside = 0;
    for (int round = 0; round < 60; ++round) {
      const std::size_t n = random() % 70, at = kLadderGroup * (random() % 3);
      std::vector<std::uint16_t> base(kLadderGroup), references(kLadderGroup);
      const int middle = round % 3 == 0 ? 5 : round % 3 == 1 ? 1000 : 65500;
      const int apart = round % 4 == 0 ? 400 : 60;
      for (std::size_t i = 0; i < kLadderGroup; ++i) {
        references[i] = static_cast<std::uint16_t>(std::clamp(middle + static_cast<int>(random() % 40), 0, 65535));
        base[i] = static_cast<std::uint16_t>(
            std::clamp(references[i] + static_cast<int>(random() % static_cast<unsigned>(apart)) - apart / 2, 0,
                       static_cast<int>(kLadderHighestBase)));
      }
      std::vector<std::vector<std::uint8_t>> bytes(n, std::vector<std::uint8_t>(at + kLadderGroup));
      std::vector<const std::uint8_t*> rows;
      std::vector<std::uint8_t> heights(std::max<std::size_t>(1, n) * kLadderGroup), shift(kLadderGroup);
      for (std::size_t k = 0; k < n; ++k) {
        rows.push_back(bytes[k].data());
        std::vector<std::uint16_t> values(kLadderGroup);
        std::uint64_t beyond;
        for (std::size_t i = 0; i < kLadderGroup; ++i) {
          const int value =
              random() % 10 == 0 ? static_cast<int>(random() % 65536) : base[i] + static_cast<int>(random() % 40) - 12;
          values[i] = static_cast<std::uint16_t>(std::clamp(value, 0, 65535));
        }
        narrow_pixels(values.data(), references.data(), kLadderGroup, bytes[k].data() + at, &beyond);
        ladder_heights(values.data(), base.data(), kLadderGroup, heights.data() + k * kLadderGroup);
      }
      bool expected_inside = true;
      for (std::size_t i = 0; i < kLadderGroup; ++i) {
        const int down = base[i] - references[i] + 128;
        expected_inside = expected_inside && down >= 0 && down + static_cast<int>(kLadderRungs) <= 255;
      }
      ASSERT_EQ(ladder_shift(base.data(), references.data(), shift.data()), expected_inside) << target;
      ++(expected_inside ? inside : outside);
      if (!expected_inside) continue;
      for (const bool add : {true, false}) {
        std::vector<std::uint16_t> counts(kLadderRungs * kLadderGroup, 500), expected = counts;
        ladder_count_bytes(rows.data(), at, n, shift.data(), add, counts.data());
        ladder_count(heights.data(), n, add, expected.data());
        ASSERT_EQ(counts, expected) << target << " n " << n;
      }
    }
    EXPECT_GT(inside, 20);
    EXPECT_GT(outside, 5);
  });
}

TEST(Ladder, MedianIsReadOffOrKnownNotToBeThere) {
  on_every_target([](const char* target) {
    std::mt19937 random(3);
    int on = 0, off = 0;
    for (int round = 0; round < 300; ++round) {
      const std::size_t n = 1 + random() % 60;
      const int middle = round % 3 == 0 ? 5 : round % 3 == 1 ? 1000 : 65530;
      const unsigned spread = round % 2 ? 4 : 30;
      std::vector<std::uint16_t> base(kLadderGroup), counts(kLadderRungs * kLadderGroup, 0), median(kLadderGroup);
      std::vector<std::vector<std::uint16_t>> values(kLadderGroup);
      bool expected_on = true;
      std::vector<int> sorted_median;
      const auto rank = static_cast<std::uint16_t>(n / 2);
      for (std::size_t i = 0; i < kLadderGroup; ++i) {
        base[i] = std::min(kLadderHighestBase, static_cast<std::uint16_t>(std::max(0, middle - 6)));
        for (std::size_t k = 0; k < n; ++k)
          values[i].push_back(static_cast<std::uint16_t>(
              std::clamp(middle + static_cast<int>(random() % spread) - static_cast<int>(spread / 2), 0, 65535)));
        for (std::size_t j = 0; j < kLadderRungs; ++j) {
          for (const auto value : values[i]) counts[j * kLadderGroup + i] += value < base[i] + 1u + j;
        }
        std::sort(values[i].begin(), values[i].end());
        sorted_median.push_back(values[i][rank]);
        const int height = sorted_median.back() - base[i];
        const bool is_top = height == static_cast<int>(kLadderRungs) && sorted_median.back() == 65535;
        expected_on =
            expected_on && (height < static_cast<int>(kLadderRungs) || is_top) && (height > 0 || base[i] == 0);
      }
      ASSERT_EQ(ladder_median(counts.data(), base.data(), rank, median.data()), expected_on) << target;
      expected_on ? ++on : ++off;
      if (expected_on) {
        for (std::size_t i = 0; i < kLadderGroup; ++i) ASSERT_EQ(median[i], sorted_median[i]) << target;
      }
    }
    EXPECT_GT(on, 50);
    EXPECT_GT(off, 20);
  });
}

TEST(Ladder, ExchangeIsCountingInAndOutAndReadingOff) {
  on_every_target([](const char* target) {
    std::mt19937 random(5);
    int on = 0;
    for (int round = 0; round < 300; ++round) {
      const auto draw = [&](std::size_t count, unsigned most) {
        std::vector<std::uint8_t> bytes(count);
        for (auto& byte : bytes) byte = static_cast<std::uint8_t>(random() % 5 == 0 ? random() % 256 : random() % most);
        return bytes;
      };
      const auto in = draw(kLadderGroup, 40), out = draw(kLadderGroup, 40), shift_in = draw(kLadderGroup, 30),
                 shift_out = draw(kLadderGroup, 30);
      std::vector<std::uint16_t> counts(kLadderRungs * kLadderGroup), base(kLadderGroup), median(kLadderGroup);
      const auto rank = static_cast<std::uint16_t>(random() % 80);
      for (std::size_t i = 0; i < kLadderGroup; ++i) {
        base[i] = static_cast<std::uint16_t>(round % 3 == 0 ? 0 : round % 3 == 1 ? 300 : kLadderHighestBase);
        for (std::size_t j = 0; j < kLadderRungs; ++j)
          counts[j * kLadderGroup + i] =
              static_cast<std::uint16_t>((j == 0 ? 1 : counts[(j - 1) * kLadderGroup + i]) + random() % 12);
      }
      std::vector<std::uint16_t> expected = counts, expected_median(kLadderGroup);
      const std::uint8_t* rows[] = {in.data(), out.data()};
      ladder_count_bytes(rows, 0, 1, shift_in.data(), true, expected.data());
      ladder_count_bytes(rows + 1, 0, 1, shift_out.data(), false, expected.data());
      const bool expected_on = ladder_median(expected.data(), base.data(), rank, expected_median.data());
      ASSERT_EQ(ladder_exchange({in.data(), shift_in.data()}, {out.data(), shift_out.data()}, base.data(), rank,
                                counts.data(), median.data()),
                expected_on)
          << target;
      ASSERT_EQ(counts, expected) << target;
      on += expected_on ? 1 : 0;
      if (!expected_on) median = expected_median;
      ASSERT_EQ(median, expected_median) << target;
    }
    EXPECT_GT(on, 50) << target;
  });
}

}  // namespace
}  // namespace dctprep
