// SPDX-License-Identifier: BSD-3-Clause
// Blobs against docs/specification.md taken by its words: each component by a walk over its voxels, each level tried.
#include "dctprep/segment/grow_blobs.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>
#include <gtest/gtest.h>
#include <random>
#include <set>

#include "dctprep/base/image.h"
#include "dctprep/segment/hills_test.h"
#include "dctprep/segment/segment.h"

namespace dctprep {
namespace {

using Place = std::array<int, 3>;  // frame, v, u

struct BlobVolume {
  std::vector<Image<std::uint16_t>> frames;
  int connectivity = 26;
  bool wrap = false;

  int value(const Place& p) const { return frames[static_cast<std::size_t>(p[0])](p[1], p[2]); }

  std::set<Place> component(const Place& start, int level) const {
    std::set<Place> found{start};
    std::vector<Place> todo{start};
    const int depth = static_cast<int>(frames.size());
    while (!todo.empty()) {
      const Place at = todo.back();
      todo.pop_back();
      for (int i = 0; i < 27; ++i) {
        const int df = i / 9 - 1, dv = i / 3 % 3 - 1, du = i % 3 - 1;
        const int most = connectivity == 6 ? 1 : connectivity == 18 ? 2 : 3;
        if (std::abs(df) + std::abs(dv) + std::abs(du) > most) continue;
        Place next{at[0] + df, at[1] + dv, at[2] + du};
        if (wrap) next[0] = (next[0] + depth) % depth;
        const bool inside = 0 <= next[0] && next[0] < depth && 0 <= next[1] && next[1] < frames[0].height() &&
                            0 <= next[2] && next[2] < frames[0].width();
        if (inside && value(next) >= level && found.insert(next).second) todo.push_back(next);
      }
    }
    return found;
  }
};

struct Expected {
  int level = 0;
  std::uint32_t seed_volume = 0;
  bool small = false;
  std::set<Place> voxels;
  auto operator<=>(const Expected&) const = default;
};

std::vector<Expected> by_the_words(const BlobVolume& volume, const SegmentOptions& options) {
  struct Seed {
    Place peak{};
    int value = 0, level = 0;
    std::set<Place> voxels, blob;
  };
  std::vector<Expected> result;
  std::vector<Seed> seeds;
  std::set<Place> seen;
  for (int k = 0; k < static_cast<int>(volume.frames.size()); ++k) {
    for (int v = 0; v < volume.frames[0].height(); ++v) {
      for (int u = 0; u < volume.frames[0].width(); ++u) {
        const Place start{k, v, u};
        if (volume.value(start) < step_of(options.seed) || seen.contains(start)) continue;
        Seed seed{.voxels = volume.component(start, step_of(options.seed))};
        for (const Place& p : seed.voxels) {
          seen.insert(p);
          if (volume.value(p) > seed.value) seed.peak = p, seed.value = volume.value(p);
        }
        if (static_cast<int>(seed.voxels.size()) < options.min_seed_volume.value()) {
          result.push_back({growth_threshold(seed.value, options), static_cast<std::uint32_t>(seed.voxels.size()), true,
                            seed.voxels});
        } else {
          seeds.push_back(seed);
        }
      }
    }
  }
  const auto stronger = [](const Seed& a, const Seed& b) {
    return a.value > b.value || (a.value == b.value && a.peak < b.peak);
  };
  for (Seed& seed : seeds) {
    seed.level = growth_threshold(seed.value, options) - 1;
    do {
      seed.blob = volume.component(seed.peak, ++seed.level);
    } while (std::any_of(seeds.begin(), seeds.end(),
                         [&](const Seed& other) { return stronger(other, seed) && seed.blob.contains(other.peak); }));
  }
  for (const Seed& seed : seeds) {
    const bool held = std::any_of(seeds.begin(), seeds.end(), [&](const Seed& other) {
      return stronger(other, seed) && other.blob.contains(seed.peak);
    });
    if (!held) result.push_back({seed.level, static_cast<std::uint32_t>(seed.voxels.size()), false, seed.blob});
  }
  std::sort(result.begin(), result.end());
  return result;
}

std::vector<Expected> by_the_library(const BlobVolume& volume, const SegmentOptions& options) {
  const std::vector<ImageView<const std::uint16_t>> views(volume.frames.begin(), volume.frames.end());
  std::vector<Expected> result;
  for (const Blob& blob : segment_volume(views, options, volume.wrap)) {
    Expected& row = result.emplace_back(Expected{blob.level, blob.seed_volume, blob.small_seed, {}});
    for (const Voxel& voxel : blob.voxels) {
      const Place place{voxel.frame % static_cast<int>(volume.frames.size()), voxel.v, voxel.u};
      EXPECT_EQ(voxel.value, volume.value(place));
      EXPECT_TRUE(row.voxels.insert(place).second);
    }
    EXPECT_TRUE(std::is_sorted(blob.voxels.begin(), blob.voxels.end(), [](const Voxel& a, const Voxel& b) {
      return std::tuple(a.frame, a.v, a.u) < std::tuple(b.frame, b.v, b.u);
    }));
  }
  std::sort(result.begin(), result.end());
  return result;
}

// Hills of any height and width on noise; one volume in three is noise of few levels alone, all plateaus and ties.
BlobVolume draw_blob_volume(std::mt19937& random) {
  const auto from = [&](int low, int high) { return std::uniform_int_distribution<int>(low, high)(random); };
  const int depth = from(1, 7), height = from(1, 14), width = from(1, 20);
  BlobVolume volume;
  volume.connectivity = std::array{6, 18, 26}[static_cast<std::size_t>(from(0, 2))];
  volume.wrap = depth >= 3 && from(0, 2) == 0;
  const bool plateaus = from(0, 2) == 0;
  const int noise = plateaus ? from(2, 9) : from(1, 6);
  std::vector<Hill> hills;
  for (int i = plateaus ? 0 : from(1, 40); i > 0; --i) {
    hills.push_back({from(0, depth - 1), from(0, height - 1), from(0, width - 1), std::exp(0.01 * from(150, 500)),
                     0.1 * from(4, 13)});
  }
  volume.frames = hilly_volume(random, depth, height, width, noise, 1, hills);
  return volume;
}

TEST(GrowBlobs, EqualTheSpecificationByItsWords) {
  std::mt19937 random(7);
  int parted = 0, seam = 0, small = 0, many_levels = 0;
  for (int round = 0; round < 2500; ++round) {
    const BlobVolume volume = draw_blob_volume(random);
    const auto from = [&](int low, int high) { return std::uniform_int_distribution<int>(low, high)(random); };
    SegmentOptions options;
    options.connectivity = volume.connectivity;
    int brightest = 2;
    for (const auto& frame : volume.frames) {
      for (const auto pixel : frame.pixels()) brightest = std::max<int>(brightest, pixel);
    }
    options.seed = std::min(from(2, brightest), from(2, brightest));
    options.grow_min = from(1, std::max(1, step_of(options.seed) / 3));
    const int low = step_of(options.grow_min), high = std::max(low, 100);
    options.grow_max = std::max(from(low, high), from(low, high));
    options.tau = 0.01 * from(0, 90);
    options.min_seed_volume = from(0, 3);
    SCOPED_TRACE(round);
    const auto expected = by_the_words(volume, options);
    ASSERT_EQ(by_the_library(volume, options), expected);
    std::set<int> levels;
    for (const Expected& blob : expected) {
      small += blob.small;
      if (blob.small) continue;
      levels.insert(blob.level);
      const int peak =
          volume.value(*std::max_element(blob.voxels.begin(), blob.voxels.end(), [&](const Place& a, const Place& b) {
            return volume.value(a) < volume.value(b);
          }));
      parted += blob.level > growth_threshold(peak, options);
      seam += volume.wrap && blob.voxels.begin()->at(0) == 0 &&
              blob.voxels.rbegin()->at(0) + 1 == std::ssize(volume.frames);
    }
    many_levels += levels.size() > 3;
  }
  // The draws reach what they are meant to reach.
  EXPECT_GT(parted, 200);
  EXPECT_GT(seam, 200);
  EXPECT_GT(small, 500);
  EXPECT_GT(many_levels, 30);
}

}  // namespace
}  // namespace dctprep
