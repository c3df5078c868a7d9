// SPDX-License-Identifier: BSD-3-Clause
#include "dctprep/kernels/local_maxima.h"

#include <algorithm>
#include <gtest/gtest.h>
#include <random>
#include <vector>

#include "dctprep/kernels/on_every_target_test.h"

namespace dctprep {
namespace {

TEST(LocalMaxima, AreThoseOfEachValueByItself) {
  on_every_target([](const char* target) {
    std::mt19937 random(5);
    for (int round = 0; round < 200; ++round) {
      constexpr std::size_t kMargin = 130;
      const std::size_t count = random() % 2500;
      const auto most = round % 2 == 0 ? 8u : 65535u;  // with many equal ones, and with few
      const auto least = static_cast<std::uint16_t>(random() % (most + 1));
      std::vector<std::uint16_t> values(count + 2 * kMargin + kLocalMaximaRoom);
      for (auto& value : values) value = static_cast<std::uint16_t>(random() % (most + 1));
      std::vector<std::ptrdiff_t> rows{-1};
      for (auto n = random() % 9; n > 0; --n) rows.push_back(static_cast<std::ptrdiff_t>(random() % 250) - 125);
      std::vector<std::uint64_t> bits((count + 63) / 64, ~std::uint64_t{0}), expected(bits.size(), 0);
      const std::uint16_t* here = values.data() + kMargin;
      for (std::size_t i = 0; i < count; ++i) {
        bool is_largest = here[i] >= least;
        for (const std::ptrdiff_t row : rows) {
          for (std::ptrdiff_t k = 0; k < 3; ++k)
            is_largest &= here[i] >= here[static_cast<std::ptrdiff_t>(i) + row + k];
        }
        expected[i / 64] |= std::uint64_t{is_largest} << i % 64;
      }
      local_maxima(here, rows.data(), rows.size(), count, least, bits.data());
      EXPECT_EQ(bits, expected) << target << ", round " << round;
    }
  });
}

}  // namespace
}  // namespace dctprep
