// SPDX-License-Identifier: BSD-3-Clause
#include "dctprep/segment/touching_runs.h"

#include <algorithm>
#include <array>
#include <gtest/gtest.h>
#include <random>
#include <utility>

namespace dctprep {
namespace {

using Runs = std::vector<Run>;
using Pairs = std::vector<std::pair<std::size_t, std::size_t>>;

std::vector<Run> random_runs(std::mt19937& random, int height, int width, int fill) {
  std::vector<Run> runs;
  for (int v = 0; v < height; ++v) {
    for (int u = 0; u < width;) {
      const int begin = u;
      while (u < width && static_cast<int>(random() % 100) < fill) ++u;
      if (begin < u) runs.push_back({v, begin, u, 0});
      ++u;
    }
  }
  return runs;
}

// Two voxels are neighbours: one coordinate differs (6), at most two (18), any (26).
bool hold_neighbours(const Run& a, const Run& b, int dframe, int connectivity) {
  for (int u = a.u_begin; u < a.u_end; ++u) {
    for (int w = b.u_begin; w < b.u_end; ++w) {
      const int dv = std::abs(a.v - b.v), du = std::abs(u - w);
      const int differing = (dframe != 0) + (dv != 0) + (du != 0);
      if (dv <= 1 && du <= 1 && differing <= (connectivity == 6 ? 1 : connectivity == 18 ? 2 : 3)) return true;
    }
  }
  return false;
}

TEST(TouchingRuns, EqualAllPairs) {
  std::mt19937 random(11);
  std::size_t found_in_all = 0;
  for (int round = 0; round < 400; ++round) {
    const int height = 1 + static_cast<int>(random() % 9), width = 1 + static_cast<int>(random() % 40);
    const int connectivity = std::array{6, 18, 26}[random() % 3];
    const Runs a = random_runs(random, height, width, static_cast<int>(random() % 101));
    const Runs b = random_runs(random, height, width, static_cast<int>(random() % 101));
    const auto spans = [&](const Runs& runs) {
      std::vector<Span> result;
      for (const auto& run : runs) result.push_back(span_of(run, row_pitch(width)));
      return result;
    };
    const std::vector<Span> a_spans = spans(a), b_spans = spans(b);
    for (const int dframe : {0, -1}) {
      const Runs& others = dframe == 0 ? a : b;
      Pairs found, expected;
      for_each_neighbour_run(a_spans, dframe == 0 ? a_spans : b_spans, connectivity, dframe, row_pitch(width),
                             [&](std::size_t i, std::size_t j) { found.emplace_back(i, j); });
      for (std::size_t i = 0; i < a.size(); ++i) {
        for (std::size_t j = 0; j < others.size(); ++j) {
          if (dframe == 0 && j >= i) continue;
          if (hold_neighbours(a[i], others[j], dframe, connectivity)) expected.emplace_back(i, j);
        }
      }
      std::sort(found.begin(), found.end());
      ASSERT_EQ(found, expected) << "round " << round << " connectivity " << connectivity << " dframe " << dframe;
      found_in_all += found.size();
    }
  }
  EXPECT_GT(found_in_all, 10000u);
}

}  // namespace
}  // namespace dctprep
