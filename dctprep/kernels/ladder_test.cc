#include "dctprep/kernels/ladder.h"

#include <algorithm>
#include <gtest/gtest.h>
#include <random>
#include <vector>

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
        expected_on = expected_on && height < static_cast<int>(kLadderRungs) && (height > 0 || base[i] == 0);
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

}  // namespace
}  // namespace dctprep
