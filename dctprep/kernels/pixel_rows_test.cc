// SPDX-License-Identifier: BSD-3-Clause
#include "dctprep/kernels/pixel_rows.h"

#include <algorithm>
#include <cmath>
#include <gtest/gtest.h>
#include <random>
#include <vector>

#include "dctprep/kernels/on_every_target_test.h"

namespace dctprep {
namespace {

std::vector<std::uint16_t> draw(std::mt19937& random, std::size_t count, unsigned spread) {
  std::vector<std::uint16_t> values(count);
  for (auto& value : values) value = static_cast<std::uint16_t>(random() % spread);
  return values;
}

constexpr std::size_t kCounts[] = {0, 1, 7, 31, 32, 33, 63, 64, 65, 200};

TEST(CorrectPixels, EqualsRintOnEveryTarget) {
  on_every_target([](const char* target) {
    std::mt19937 random(1);
    std::vector<std::uint16_t> all(65536);
    for (const float factor : {1.0f, 0.5f, 0.99999994f, 1.5f, 1.0003f, 1e-9f, 1e9f, 3.0f}) {
      for (std::size_t i = 0; i < all.size(); ++i) all[i] = static_cast<std::uint16_t>(i);
      EXPECT_EQ(correct_pixels(all.data(), nullptr, factor, all.size(), all.data()), 65535);
      for (std::size_t i = 0; i < all.size(); ++i) {
        const float expected = std::min(65535.0f, std::rint(static_cast<float>(i) * factor));
        ASSERT_EQ(all[i], static_cast<std::uint16_t>(expected)) << target << " " << i << " * " << factor;
      }
    }
    for (const std::size_t count : kCounts) {
      const auto raw = draw(random, count, 300), dark = draw(random, count, 200);
      for (const float factor : {1.0f, 1.25f}) {
        std::vector<std::uint16_t> pixels(count);
        const auto largest = correct_pixels(raw.data(), dark.data(), factor, count, pixels.data());
        EXPECT_EQ(largest, count == 0 ? 0 : *std::max_element(raw.begin(), raw.end()));
        for (std::size_t i = 0; i < count; ++i) {
          ASSERT_EQ(pixels[i],
                    static_cast<std::uint16_t>(std::rint(static_cast<float>(std::max(0, raw[i] - dark[i])) * factor)))
              << target;
        }
      }
    }
  });
}

TEST(SubtractPixels, EqualsClampOnEveryTarget) {
  on_every_target([](const char* target) {
    std::mt19937 random(2);
    for (const std::size_t count : kCounts) {
      for (const int offset : {0, 1, -1, 17, -40, 65535, -65535}) {
        const unsigned spread = random() % 2 ? 65536 : 100;
        const auto frame = draw(random, count, spread), background = draw(random, count, spread);
        std::vector<std::uint16_t> residual(count);
        subtract_pixels(frame.data(), background.data(), offset, count, residual.data());
        for (std::size_t i = 0; i < count; ++i)
          ASSERT_EQ(residual[i], std::clamp(frame[i] - background[i] - offset, 0, 65535)) << target;
      }
    }
  });
}

TEST(PixelsAtLeast, SetsABitForEachOnEveryTarget) {
  on_every_target([](const char* target) {
    std::mt19937 random(3);
    for (const std::size_t count : kCounts) {
      for (const std::uint16_t level : {0, 1, 50, 65535}) {
        const auto pixels = draw(random, count, level == 65535 ? 65536 : 60);
        std::vector<std::uint64_t> bits((count + 63) / 64, ~std::uint64_t{0});
        const bool any = pixels_at_least(pixels.data(), level, count, bits.data());
        bool expected_any = false;
        for (std::size_t i = 0; i < 64 * bits.size(); ++i) {
          const bool set = (bits[i / 64] >> (i % 64) & 1) != 0;
          ASSERT_EQ(set, i < count && pixels[i] >= level) << target << " " << i;
          expected_any = expected_any || set;
        }
        ASSERT_EQ(any, expected_any);
      }
    }
  });
}

TEST(LeastOfStretches, EqualsLookingAtEachOnEveryTarget) {
  on_every_target([](const char* target) {
    std::mt19937 random(4);
    for (const std::size_t count : kCounts) {
      for (const std::size_t reach : {0u, 1u, 15u, 70u}) {
        const auto pixels = draw(random, count, 65536);
        std::vector<std::uint16_t> least((count + 63) / 64);
        least_of_stretches(pixels.data(), count, reach, least.data());
        for (std::size_t i = 0; i < least.size(); ++i) {
          const std::size_t from = 64 * i - std::min(64 * i, reach), to = std::min(count, 64 * i + 64 + reach);
          ASSERT_EQ(least[i], *std::min_element(pixels.data() + from, pixels.data() + to)) << target << " " << i;
        }
      }
    }
  });
}

}  // namespace
}  // namespace dctprep
