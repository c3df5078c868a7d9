// SPDX-License-Identifier: BSD-3-Clause
#include "dctprep/kernels/rank_select.h"

#include <algorithm>
#include <gtest/gtest.h>
#include <random>
#include <vector>

#include "dctprep/kernels/on_every_target_test.h"

namespace dctprep {
namespace {

struct Rows {
  std::vector<std::uint16_t> values;  // of all rows
  std::vector<std::size_t> offsets;
  std::vector<const std::uint16_t*> pointers;
};

// `odd` elements before each row, so that loads are not aligned. `spread` 0: all values alike.
Rows random_rows(std::mt19937& random, std::size_t n, std::size_t count, int low, int spread, std::size_t odd) {
  Rows rows;
  rows.values.resize(n * (count + odd));
  for (auto& value : rows.values) {
    value = static_cast<std::uint16_t>(
        std::min(65535, low + (spread == 0 ? 0 : static_cast<int>(random() % static_cast<unsigned>(spread)))));
  }
  for (std::size_t k = 0; k < n; ++k) {
    rows.offsets.push_back(k * (count + odd) + odd);
    rows.pointers.push_back(rows.values.data() + rows.offsets.back());
  }
  return rows;
}

std::uint16_t sorted_at(const Rows& rows, std::size_t i, std::size_t rank) {
  std::vector<std::uint16_t> column;
  for (const auto* row : rows.pointers) column.push_back(row[i]);
  std::sort(column.begin(), column.end());
  return column[rank];
}

TEST(RankSelect, EqualsSortingOnEveryTarget) {
  on_every_target([](const char* target) {
    std::mt19937 random(1);
    for (const std::size_t n : {1, 2, 3, 24, 501}) {
      for (const std::size_t count : {0, 1, 7, 31, 32, 33, 65}) {
        for (const auto& [low, spread] : {std::pair{0, 65536}, {100, 40}, {65500, 36}, {0, 0}, {65535, 0}, {0, 2}}) {
          const Rows rows = random_rows(random, n, count, low, spread, 1 + random() % 3);
          const auto rank = static_cast<std::uint16_t>(random() % n);
          std::vector<std::uint16_t> out(count), own(count), ranks(count), near(count);
          for (auto& r : ranks) r = static_cast<std::uint16_t>(random() % n);
          for (auto& guess : near) {
            const int off = static_cast<int>(random() % 100) - 50;
            guess = static_cast<std::uint16_t>(random() % 3 == 0 ? random() : std::clamp(low + off, 0, 65535));
          }
          rank_select(rows.pointers.data(), n, rank, count, out.data());
          rank_select(rows.pointers.data(), n, ranks.data(), count, own.data());
          rank_select_near(rows.values.data(), rows.offsets.data(), n, rank, count, near.data());
          for (std::size_t i = 0; i < count; ++i) {
            ASSERT_EQ(out[i], sorted_at(rows, i, rank)) << target << " n " << n << " element " << i;
            ASSERT_EQ(own[i], sorted_at(rows, i, ranks[i])) << target << " n " << n << " element " << i;
            ASSERT_EQ(near[i], out[i]) << target << " n " << n << " element " << i;
          }
        }
      }
    }
  });
}

TEST(RankSelect, TakesAsManyRowsAsItSays) {
  std::mt19937 random(2);
  const Rows rows = random_rows(random, kRankSelectMostRows, 3, 0, 65536, 0);
  std::vector<std::uint16_t> out(3);
  for (const std::uint16_t rank : {0, 32767, 65534}) {
    rank_select(rows.pointers.data(), rows.pointers.size(), rank, out.size(), out.data());
    std::vector<std::uint16_t> near{0, 30000, 65535};
    rank_select_near(rows.values.data(), rows.offsets.data(), rows.offsets.size(), rank, near.size(), near.data());
    for (std::size_t i = 0; i < out.size(); ++i) {
      EXPECT_EQ(out[i], sorted_at(rows, i, rank));
      EXPECT_EQ(near[i], out[i]);
    }
  }
}

TEST(MedianOf9, EqualsSortingOnEveryTarget) {
  on_every_target([](const char* target) {
    std::mt19937 random(3);
    for (const std::size_t count : {0, 1, 15, 33, 4097}) {
      for (const int spread : {1, 3, 65536}) {
        const Rows rows = random_rows(random, 9, count, 0, spread, 1);
        std::vector<std::uint16_t> out(count);
        median_of_9(rows.pointers.data(), count, out.data());
        for (std::size_t i = 0; i < count; ++i) ASSERT_EQ(out[i], sorted_at(rows, i, 4)) << target;
      }
    }
  });
}

}  // namespace
}  // namespace dctprep
