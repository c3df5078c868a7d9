// SPDX-License-Identifier: BSD-3-Clause
#include "dctprep/kernels/byte_pixels.h"

#include <algorithm>
#include <gtest/gtest.h>
#include <random>
#include <vector>

#include "dctprep/kernels/on_every_target_test.h"

namespace dctprep {
namespace {

TEST(BytePixels, ComeBackWhereTheyAreNotBeyond) {
  on_every_target([](const char* target) {
    std::mt19937 random(1);
    for (const std::size_t count : {0, 1, 31, 32, 63, 64, 65, 128, 1000}) {
      for (const unsigned spread : {5u, 250u, 300u, 65536u}) {
        std::vector<std::uint16_t> values(count), references(count), back(count);
        std::vector<std::uint8_t> bytes(count);
        std::vector<std::uint64_t> beyond((count + 63) / 64, ~std::uint64_t{0});
        for (std::size_t i = 0; i < count; ++i) {
          references[i] = static_cast<std::uint16_t>(random() % 3 == 0 ? random() % 200 : random());
          values[i] = static_cast<std::uint16_t>(std::clamp(
              static_cast<int>(references[i]) + static_cast<int>(random() % spread) - static_cast<int>(spread / 2), 0,
              65535));
        }
        const bool any = narrow_pixels(values.data(), references.data(), count, bytes.data(), beyond.data());
        widen_pixels(bytes.data(), references.data(), count, back.data());
        bool expected_any = false;
        for (std::size_t i = 0; i < beyond.size() * 64; ++i) {
          const bool is_beyond = (beyond[i / 64] >> i % 64 & 1) != 0;
          if (i >= count) {
            ASSERT_FALSE(is_beyond) << target << " " << i << " of " << count;
            continue;
          }
          const int difference = values[i] - references[i];
          ASSERT_EQ(bytes[i], std::clamp(difference + 128, 0, 255)) << target;
          ASSERT_EQ(is_beyond, difference <= -128 || difference >= 127) << target << " " << difference;
          if (!is_beyond) {
            ASSERT_EQ(back[i], values[i]) << target;
          }
          expected_any = expected_any || is_beyond;
        }
        ASSERT_EQ(any, expected_any) << target;
      }
    }
  });
}

TEST(SubtractBytes, StopsAtZero) {
  on_every_target([](const char* target) {
    std::mt19937 random(2);
    for (const std::size_t count : {0, 1, 15, 16, 64, 100, 1000}) {
      for (const std::int32_t offset : {0, 3, -7, 255, -300, kMostByteOffset, -kMostByteOffset}) {
        std::vector<std::uint8_t> bytes(count), backgrounds(count);
        for (auto& byte : bytes) byte = static_cast<std::uint8_t>(random());
        for (auto& byte : backgrounds) byte = static_cast<std::uint8_t>(random());
        std::vector<std::uint16_t> residual(count);
        subtract_bytes(bytes.data(), backgrounds.data(), offset, count, residual.data());
        for (std::size_t i = 0; i < count; ++i)
          ASSERT_EQ(residual[i], std::max(0, bytes[i] - backgrounds[i] - offset)) << target;
      }
    }
  });
}

TEST(BytesAtLeast, EqualsComparingOneByOne) {
  on_every_target([](const char* target) {
    std::mt19937 random(3);
    for (const std::size_t count : {0, 1, 63, 64, 65, 130, 1000}) {
      for (const unsigned highest : {1u, 2u, 128u, 255u}) {
        std::vector<std::uint8_t> bytes(count), backgrounds(count), levels((count + 63) / 64);
        for (auto& level : levels) level = static_cast<std::uint8_t>(highest - random() % std::min(highest, 3u));
        for (auto& byte : bytes) byte = static_cast<std::uint8_t>(random() % 3 == 0 ? 255 : random());
        for (auto& byte : backgrounds) byte = static_cast<std::uint8_t>(random() % 3 == 0 ? 0 : random());
        std::vector<std::uint64_t> bits((count + 63) / 64, ~std::uint64_t{0});
        bytes_at_least(bytes.data(), backgrounds.data(), levels.data(), count, bits.data());
        for (std::size_t i = 0; i < bits.size() * 64; ++i) {
          ASSERT_EQ((bits[i / 64] >> i % 64 & 1) != 0, i < count && bytes[i] - backgrounds[i] >= levels[i / 64])
              << target;
        }
      }
    }
  });
}

TEST(CountDifferencesBelow, EqualsCountingOneByOne) {
  on_every_target([](const char* target) {
    std::mt19937 random(4);
    for (const std::size_t count : {0, 1, 15, 16, 63, 64, 65, 130, 1000, 40000}) {
      for (const std::size_t stride : {1, 2, 4, 8, 16}) {
        const std::int32_t first = static_cast<std::int32_t>(random() % 201) - 100;
        std::vector<std::uint8_t> bytes(count), backgrounds(count);
        for (auto& byte : backgrounds) byte = static_cast<std::uint8_t>(random());
        for (std::size_t i = 0; i < count; ++i) {
          bytes[i] = static_cast<std::uint8_t>(
              random() % 4 == 0 ? static_cast<int>(random() % 256)
                                : std::clamp(backgrounds[i] + first + static_cast<int>(random() % 20) - 2, 0, 255));
        }
        std::vector<std::uint64_t> counts(kDifferenceRungs, 7);
        count_differences_below(bytes.data(), backgrounds.data(), count, stride, first, counts.data());
        for (std::size_t j = 0; j < kDifferenceRungs; ++j) {
          std::uint64_t expected = 7;
          for (std::size_t i = 0; i < count; i += stride)
            expected += bytes[i] - backgrounds[i] < first + static_cast<std::int32_t>(j) ? 1 : 0;
          ASSERT_EQ(counts[j], expected) << target << " " << count << " " << stride << " " << first;
        }
      }
    }
  });
}

}  // namespace
}  // namespace dctprep
