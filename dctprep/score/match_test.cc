// SPDX-License-Identifier: BSD-3-Clause
#include "dctprep/score/match.h"

#include <algorithm>
#include <gtest/gtest.h>
#include <random>
#include <set>
#include <tuple>

namespace dctprep {
namespace {

using Voxels = std::set<std::tuple<int, int, int>>;

Voxels voxels_of(const SpotBox& box, int turn) {
  Voxels voxels;
  for (int k = box.frame_min; k <= box.frame_max; ++k) {
    for (int v = box.v_min; v <= box.v_max; ++v) {
      for (int u = box.u_min; u <= box.u_max; ++u) voxels.insert({k + turn, v, u});
    }
  }
  return voxels;
}

// Voxel by voxel, as the header words it; 0 where the two do not cover each other.
double counted_overlap(const SpotBox& found, const SpotBox& truth, int turn) {
  const Voxels a = voxels_of(found, 0), b = voxels_of(truth, turn);
  double both = 0;
  for (const auto& voxel : a) both += static_cast<double>(b.count(voxel));
  const auto nearest = [](double x) { return static_cast<int>(std::lround(x)); };
  const bool covers = b.contains({nearest(found.frame), nearest(found.v), nearest(found.u)}) ||
                      a.contains({nearest(truth.frame) + turn, nearest(truth.v), nearest(truth.u)});
  return covers ? both / (static_cast<double>(a.size() + b.size()) - both) : 0;
}

std::vector<SpotBox> random_boxes(std::mt19937& random, int count, int frames, int side) {
  const auto below = [&](int n) { return static_cast<int>(random() % static_cast<unsigned>(n)); };
  std::vector<SpotBox> boxes;
  for (int i = 0; i < count; ++i) {
    SpotBox box{.frame_min = below(frames), .v_min = below(side), .u_min = below(side)};
    box.frame_max = box.frame_min + below(5);
    box.v_max = box.v_min + below(5);
    box.u_max = box.u_min + below(5);
    // No halves: they lie between two voxels.
    box.frame = box.frame_min + below(box.frame_max - box.frame_min + 1) + 0.25;
    box.v = box.v_min + below(box.v_max - box.v_min + 1) - 0.25;
    box.u = box.u_min + below(box.u_max - box.u_min + 1);
    boxes.push_back(box);
  }
  return boxes;
}

// Every found spot against every true one, then the largest of what is left, again and again.
void expect_like_brute_force(const std::vector<SpotBox>& found, const std::vector<SpotBox>& truth, int period) {
  const SpotMatches matches = match_spots(found, truth, period);
  std::vector<SpotLink> links;
  for (int f = 0; f < static_cast<int>(found.size()); ++f) {
    for (int t = 0; t < static_cast<int>(truth.size()); ++t) {
      SpotLink best{f, t, 0, 0};
      for (const int turn : {-period, 0, period}) {
        const double overlap =
            counted_overlap(found[static_cast<std::size_t>(f)], truth[static_cast<std::size_t>(t)], turn);
        if (overlap > best.overlap) best.overlap = overlap, best.turn = turn;
      }
      if (best.overlap > 0) links.push_back(best);
    }
  }
  ASSERT_EQ(matches.links.size(), links.size());
  for (std::size_t i = 0; i < links.size(); ++i) {
    EXPECT_EQ(matches.links[i].found, links[i].found);
    EXPECT_EQ(matches.links[i].truth, links[i].truth);
    EXPECT_DOUBLE_EQ(matches.links[i].overlap, links[i].overlap);
    EXPECT_EQ(matches.links[i].turn, links[i].turn);
  }
  std::vector<int> found_of(truth.size(), -1), true_of(found.size(), -1);
  while (true) {
    const SpotLink* best = nullptr;
    for (const SpotLink& link : links) {
      if (true_of[static_cast<std::size_t>(link.found)] >= 0 || found_of[static_cast<std::size_t>(link.truth)] >= 0)
        continue;
      if (best == nullptr || link.overlap > best->overlap ||
          (link.overlap == best->overlap && std::pair(link.truth, link.found) < std::pair(best->truth, best->found))) {
        best = &link;
      }
    }
    if (best == nullptr) break;
    true_of[static_cast<std::size_t>(best->found)] = best->truth;
    found_of[static_cast<std::size_t>(best->truth)] = best->found;
  }
  EXPECT_EQ(matches.found_of, found_of);
  EXPECT_EQ(matches.true_of, true_of);
  EXPECT_EQ(matches.pairs.size(),
            static_cast<std::size_t>(std::ranges::count_if(true_of, [](int t) { return t >= 0; })));
}

TEST(MatchSpots, IsWhatBruteForceFinds) {
  std::mt19937 random(5);
  for (int round = 0; round < 60; ++round) {
    const int period = round % 3 == 0 ? 0 : 20;
    expect_like_brute_force(random_boxes(random, round, 20, 12), random_boxes(random, 3 * round % 50, 20, 12), period);
  }
}

TEST(MatchSpots, TiesGoToTheSmallestIds) {
  const SpotBox box{0, 2, 0, 2, 0, 2, 1, 1, 1};
  const std::vector<SpotBox> twins(3, box);
  const SpotMatches matches = match_spots(twins, twins, 0);
  EXPECT_EQ(matches.links.size(), 9u);
  EXPECT_EQ(matches.true_of, (std::vector<int>{0, 1, 2}));
  EXPECT_EQ(matches.first_true, (std::vector<int>{0, 0, 0}));
  EXPECT_EQ(matches.first_found, (std::vector<int>{0, 0, 0}));
}

TEST(MatchSpots, TouchingCornersAreNoLink) {
  const SpotBox a{0, 9, 0, 9, 0, 9, 4, 4, 4};
  const SpotBox corner{8, 17, 8, 17, 8, 17, 12, 12, 12};
  EXPECT_TRUE(match_spots(std::vector{a}, std::vector{corner}, 0).links.empty());
  EXPECT_TRUE(match_spots({}, std::vector{a}, 0).links.empty());
  EXPECT_TRUE(match_spots(std::vector{a}, {}, 0).links.empty());
}

TEST(MatchSpots, MeetsAcrossTheSeam) {
  const SpotBox early{0, 1, 0, 4, 0, 4, 0, 2, 2};
  const SpotBox late{99, 101, 0, 4, 0, 4, 100, 2, 2};
  const SpotMatches matches = match_spots(std::vector{early}, std::vector{late}, 100);
  ASSERT_EQ(matches.pairs.size(), 1u);
  EXPECT_EQ(matches.pairs[0].turn, -100);
  EXPECT_TRUE(match_spots(std::vector{early}, std::vector{late}, 0).pairs.empty());
}

}  // namespace
}  // namespace dctprep
