// SPDX-License-Identifier: BSD-3-Clause
#include "dctprep/kernels/bit_rows.h"

#include <algorithm>
#include <gtest/gtest.h>
#include <random>

#include "dctprep/kernels/on_every_target_test.h"

namespace dctprep {
namespace {

void counts_bit_by_bit(const char* target) {
  std::mt19937 random(1);
  std::vector<std::uint64_t> scratch;
  for (int round = 0; round < 300; ++round) {
    const int radius = 1 + round % 3, side = 2 * radius + 1;
    const int width = 1 + static_cast<int>(random() % (round % 2 ? 70 : 2100));
    const std::size_t words = words_of_bits(static_cast<std::size_t>(width));
    const unsigned one_in = 1 + random() % 40;
    std::vector<std::vector<std::uint64_t>> bits(static_cast<std::size_t>(side), std::vector<std::uint64_t>(words, 0));
    std::vector<const std::uint64_t*> rows;
    for (auto& row : bits) {
      for (int u = 0; u < width; ++u)
        row[static_cast<std::size_t>(u) / 64] |= std::uint64_t{random() % one_in == 0} << (u % 64);
      rows.push_back(row.data());
    }
    const unsigned least = 1 + random() % static_cast<unsigned>(side * side);
    std::vector<std::uint64_t> out(words, ~std::uint64_t{0});
    const bool any = window_has(rows.data(), radius, static_cast<std::size_t>(width), least, out.data(), scratch);
    bool expected_any = false;
    for (int u = 0; u < static_cast<int>(words) * 64; ++u) {
      unsigned set = 0;
      for (const auto& row : bits) {
        for (int near = u - radius; near <= u + radius; ++near) {
          const auto at = static_cast<std::size_t>(std::clamp(near, 0, width - 1));
          set += row[at / 64] >> at % 64 & 1;
        }
      }
      const bool expected = u < width && set >= least;
      expected_any = expected_any || expected;
      const auto at = static_cast<std::size_t>(u);
      if (any) {
        ASSERT_EQ((out[at / 64] >> at % 64 & 1) != 0, expected) << target << " round " << round << " column " << u;
      }
    }
    ASSERT_EQ(any, expected_any) << target << " round " << round;
  }
}

TEST(WindowHas, CountsBitByBitOnEveryTarget) { on_every_target(counts_bit_by_bit); }

TEST(ClearBits, ClearsThoseAndNoOthers) {
  for (std::size_t begin = 0; begin <= 192; ++begin) {
    for (std::size_t end = begin; end <= 192; ++end) {
      std::vector<std::uint64_t> bits(3, ~std::uint64_t{0});
      clear_bits(bits.data(), begin, end);
      for (std::size_t u = 0; u < 192; ++u)
        ASSERT_EQ((bits[u / 64] >> u % 64 & 1) == 0, begin <= u && u < end) << begin << " " << end << " " << u;
    }
  }
}

}  // namespace
}  // namespace dctprep
