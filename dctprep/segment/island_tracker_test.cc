// SPDX-License-Identifier: BSD-3-Clause
#include "dctprep/segment/island_tracker.h"

#include <algorithm>
#include <array>
#include <gtest/gtest.h>
#include <map>
#include <numeric>
#include <random>
#include <tuple>

#include "dctprep/base/image.h"
#include "dctprep/segment/find_root.h"
#include "dctprep/segment/threshold.h"

namespace dctprep {
namespace {

using Volume = std::vector<Image<std::uint16_t>>;

struct Found {
  std::size_t voxels = 0, sum = 0, saturated = 0;
  int first = 1 << 30, last = -1;
  auto operator<=>(const Found&) const = default;
};

// Voxel by voxel, all pairs of neighbours.
std::vector<Found> plain_components(const Volume& volume, int connectivity, bool wrap, int level, int seed,
                                    const std::vector<std::vector<std::uint32_t>>& saturated) {
  const int frames = static_cast<int>(volume.size()), height = volume[0].height(), width = volume[0].width();
  const auto index = [&](int k, int v, int u) { return (k * height + v) * width + u; };
  std::vector<std::int32_t> parent(static_cast<std::size_t>(index(frames, 0, 0)));
  std::iota(parent.begin(), parent.end(), 0);
  const auto for_each_voxel = [&](const auto& body) {
    for (int k = 0; k < frames; ++k) {
      for (int v = 0; v < height; ++v) {
        for (int u = 0; u < width; ++u) {
          if (volume[static_cast<std::size_t>(k)](v, u) >= level) body(k, v, u);
        }
      }
    }
  };
  for_each_voxel([&](int k, int v, int u) {
    for (int i = 0; i < 27; ++i) {
      const int dk = i / 9 - 1, dv = i / 3 % 3 - 1, du = i % 3 - 1;
      const int differing = (dk != 0) + (dv != 0) + (du != 0);
      if (differing > (connectivity == 6 ? 1 : connectivity == 18 ? 2 : 3)) continue;
      const int k2 = wrap ? (k + dk + frames) % frames : k + dk, v2 = v + dv, u2 = u + du;
      if (k2 < 0 || k2 >= frames || v2 < 0 || v2 >= height || u2 < 0 || u2 >= width) continue;
      if (volume[static_cast<std::size_t>(k2)](v2, u2) >= level)
        unite_roots(parent.data(), index(k, v, u), index(k2, v2, u2));
    }
  });
  std::map<std::int32_t, Found> components;
  std::map<std::int32_t, int> largest;
  for_each_voxel([&](int k, int v, int u) {
    const std::int32_t root = find_root(parent.data(), index(k, v, u));
    const int value = volume[static_cast<std::size_t>(k)](v, u);
    const auto& marked = saturated[static_cast<std::size_t>(k)];
    Found& found = components[root];
    found.voxels += 1;
    found.sum += static_cast<std::size_t>(value);
    found.saturated += std::binary_search(marked.begin(), marked.end(), static_cast<std::uint32_t>(v * width + u));
    found.first = std::min(found.first, k);
    found.last = std::max(found.last, k);
    largest[root] = std::max(largest[root], value);
  });
  std::vector<Found> result;
  for (const auto& [root, found] : components) {
    if (largest[root] >= seed) result.push_back(found);
  }
  std::sort(result.begin(), result.end());
  return result;
}

Found describe(const Island& island) {
  Found found;
  std::size_t begin = 0;
  for (const IslandRun& run : island.runs) {
    EXPECT_EQ(static_cast<std::size_t>(run.begin), begin);
    begin += static_cast<std::size_t>(run.u_end - run.u_begin);
    found.first = std::min(found.first, run.frame);
    found.last = std::max(found.last, run.frame);
  }
  EXPECT_EQ(begin, island.values.size());
  EXPECT_TRUE(std::is_sorted(island.saturated.begin(), island.saturated.end()));
  found.voxels = island.values.size();
  found.saturated = island.saturated.size();
  for (const auto value : island.values) found.sum += value;
  return found;
}

TEST(IslandTracker, EqualsPlainLabels) {
  std::mt19937 random(3);
  const auto from = [&](int low, int high) { return std::uniform_int_distribution<int>(low, high)(random); };
  std::size_t islands_found = 0;
  for (int round = 0; round < 1000; ++round) {
    const int frames = from(1, 9), height = from(1, 14), width = from(1, 70);
    const int fill = from(2, 60);  // of a hundred voxels
    Volume volume;
    std::vector<std::vector<std::uint32_t>> saturated(static_cast<std::size_t>(frames));
    for (int k = 0; k < frames; ++k) {
      volume.emplace_back(height, width);
      std::uint32_t at = 0;
      for (auto& pixel : volume.back().pixels()) {
        pixel = static_cast<std::uint16_t>(from(1, 100) <= fill ? from(10, 60) : 0);
        if (from(1, 9) == 1) saturated[static_cast<std::size_t>(k)].push_back(at);
        ++at;
      }
    }
    const int connectivity = std::array{6, 18, 26}[static_cast<std::size_t>(from(0, 2))];
    const bool wrap = frames >= 3 && from(0, 1) == 1;
    const int seed = from(10, 60);
    SCOPED_TRACE(round);
    IslandTracker tracker({frames, height, width, wrap}, connectivity, seed);
    std::vector<Island> islands;
    for (int k = 0; k < frames; ++k) {
      const std::size_t before = islands.size();
      const auto at = static_cast<std::size_t>(k);
      tracker.push(threshold_frame(volume[at], k, 10, saturated[at]), islands);
      for (std::size_t i = before; i < islands.size(); ++i) ASSERT_EQ(describe(islands[i]).last, k - 1);
    }
    tracker.finish(islands);
    std::vector<Found> found;
    for (const Island& island : islands) found.push_back(describe(island));
    std::sort(found.begin(), found.end());
    ASSERT_EQ(found, plain_components(volume, connectivity, wrap, 10, seed, saturated));
    islands_found += found.size();
    EXPECT_LT(tracker.bytes(), 1000u);  // nothing is left
  }
  EXPECT_GT(islands_found, 10000u);
}

Image<std::uint16_t> random_frame(std::mt19937& random, int height, int width, double fill) {
  Image<std::uint16_t> frame(height, width, 0);
  std::bernoulli_distribution reaches(fill);
  std::geometric_distribution<int> above(0.1);
  for (auto& pixel : frame.pixels()) {
    if (reaches(random)) pixel = static_cast<std::uint16_t>(20 + above(random));
  }
  return frame;
}

TEST(IslandTracker, HoldsOnlyWhatIsOpen) {
  // 26-connected voxels do not percolate at a fill of 8 %: what is held does not grow with the frames.
  std::mt19937 random(4);
  IslandTracker tracker({60, 128, 128, false}, 26, 25);
  std::vector<Island> islands;
  std::size_t early = 0, late = 0;
  for (int k = 0; k < 60; ++k) {
    tracker.push(threshold_frame(random_frame(random, 128, 128, 0.08), k, 20, {}), islands);
    (k < 30 ? early : late) = std::max(k < 30 ? early : late, tracker.bytes());
  }
  EXPECT_LT(static_cast<double>(late), 1.5 * static_cast<double>(early));
}

TEST(IslandTracker, SaysWhichLevelPartsAComponentWithoutEnd) {
  std::mt19937 random(5);
  const int frames = 24, size = 96;
  Volume volume;
  for (int k = 0; k < frames; ++k) volume.push_back(random_frame(random, size, size, 0.2));
  volume[7](40, 50) = 900;
  volume[7](41, 51) = volume[8](41, 51) = 30;
  IslandTracker tracker({1000, size, size, false}, 26, 25);
  std::vector<Island> islands;
  for (int k = 0; k < frames; ++k)
    tracker.push(threshold_frame(volume[static_cast<std::size_t>(k)], k, 20, {}), islands);
  const auto extent = tracker.largest_open();
  EXPECT_EQ(extent.first_frame, 0);
  EXPECT_EQ(extent.last_frame, frames - 1);
  EXPECT_EQ(extent.box, (Region{0, 0, size, size}));
  EXPECT_EQ(std::tuple(extent.peak, extent.peak_frame, extent.peak_v, extent.peak_u), std::tuple(900, 7, 40, 50));
  // By the definition: the largest component at each level.
  const std::vector<std::vector<std::uint32_t>> unsaturated(static_cast<std::size_t>(frames));
  const auto largest = [&](int level) {
    std::size_t most = 0;
    for (const Found& found : plain_components(volume, 26, false, level, level, unsaturated))
      most = std::max(most, found.voxels);
    return most;
  };
  EXPECT_EQ(extent.voxels, largest(20));
  EXPECT_LT(2 * largest(extent.parting_level), extent.voxels);
  EXPECT_GE(2 * largest(extent.parting_level - 1), extent.voxels);
  EXPECT_GT(extent.parting_level, 21);
}

TEST(IslandTracker, HasNothingToSayOfAnEmptyScan) {
  IslandTracker tracker({3, 4, 5, true}, 6, 9);
  std::vector<Island> islands;
  EXPECT_EQ(tracker.largest_open().voxels, 0u);
  EXPECT_EQ(tracker.oldest_active_frame(), 0);
  for (int k = 0; k < 3; ++k) tracker.push({.frame = k, .runs = {}, .values = {}, .saturated = {}}, islands);
  tracker.finish(islands);
  EXPECT_TRUE(islands.empty());
  EXPECT_EQ(tracker.oldest_active_frame(), 3);
}

}  // namespace
}  // namespace dctprep
