// SPDX-License-Identifier: BSD-3-Clause
#include "dctprep/segment/grow_blobs.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <utility>

#include "dctprep/segment/components.h"
#include "dctprep/segment/flat_island.h"
#include "dctprep/segment/seed_flood.h"
#include "dctprep/segment/split_blob.h"

namespace dctprep {

namespace {

constexpr std::int32_t kNone = -1;

// A component at the seed level.
struct Seed {
  std::int32_t peak = 0;  // voxel: the first of the largest
  int value = 0;
  std::int32_t component = 0;
  std::uint32_t volume = 0;
  int threshold = 0;  // g
};

// Strongest first.
bool is_stronger(const Seed& a, const Seed& b) { return a.value != b.value ? a.value > b.value : a.peak < b.peak; }

// The seeds of an island, strongest first; components that are too small go to `small`.
std::vector<Seed> find_seeds(const FlatIsland& island, const Components& bright, const SegmentOptions& options,
                             std::vector<Seed>& small) {
  std::vector<Seed> all(static_cast<std::size_t>(bright.count));
  for (std::size_t i = 0; i < bright.parts.size(); ++i) {
    const Components::Part& part = bright.parts[i];
    Seed& seed = all[static_cast<std::size_t>(bright.label[i])];
    const auto begin = island.values.begin() + part.begin, end = island.values.begin() + part.end;
    const auto largest = std::max_element(begin, end);
    if (*largest > seed.value) {
      seed.value = *largest;
      seed.peak = part.begin + static_cast<std::int32_t>(largest - begin);
    }
    seed.component = bright.label[i];
    seed.volume += static_cast<std::uint32_t>(part.end - part.begin);
  }
  std::vector<Seed> seeds;
  for (Seed& seed : all) {
    seed.threshold = growth_threshold(seed.value, options);
    (static_cast<std::int64_t>(seed.volume) < options.min_seed_volume.value() ? small : seeds).push_back(seed);
  }
  std::sort(seeds.begin(), seeds.end(), is_stronger);
  return seeds;
}

// Voxels over the seam get frames that count on past the last one; a blob in every frame stays as it is.
void unwrap(std::vector<Voxel>& voxels, const SegmentGeometry& geometry) {
  if (!geometry.wrap || voxels.front().frame != 0 || voxels.back().frame != geometry.frames - 1) return;
  // The frames of a connected blob leave at most one gap; what lies before it belongs behind the last frame.
  for (std::size_t i = 1; i < voxels.size(); ++i) {
    if (voxels[i].frame <= voxels[i - 1].frame + 1) continue;
    for (std::size_t j = 0; j < i; ++j) voxels[j].frame += geometry.frames;
    std::rotate(voxels.begin(), voxels.begin() + static_cast<std::ptrdiff_t>(i), voxels.end());
    return;
  }
}

void add_blob(const Seed& seed, int level, bool is_small, std::vector<Voxel>&& voxels, const SegmentGeometry& geometry,
              std::vector<Blob>& blobs) {
  unwrap(voxels, geometry);
  blobs.push_back({.voxels = std::move(voxels),
                   .growth_threshold = seed.threshold,
                   .level = level,
                   .seed_volume = seed.volume,
                   .small_seed = is_small});
}

// The blob of `seed`, or the spots that it is parted into.
void add_spots(const Seed& seed, int level, std::vector<Voxel>&& voxels, const SegmentGeometry& geometry,
               const SegmentOptions& options, std::vector<Blob>& blobs) {
  std::vector<std::vector<Voxel>> spots = split_blob(std::move(voxels), geometry, options);
  for (std::vector<Voxel>& spot : spots) {
    Seed own = seed;
    if (spots.size() > 1) {
      own.volume = static_cast<std::uint32_t>(std::count_if(
          spot.begin(), spot.end(), [&](const Voxel& voxel) { return voxel.value >= step_of(options.seed); }));
    }
    add_blob(own, level, false, std::move(spot), geometry, blobs);
    blobs.back().split = spots.size() > 1;
  }
}

// The voxels of the components of `seeds`, where each seed has one of its own.
template <class Seeds>
std::vector<std::vector<Voxel>> voxels_of(const Seeds& seeds, const Components& components, const FlatIsland& island) {
  std::vector<std::int32_t> place(static_cast<std::size_t>(components.count), kNone);
  for (std::size_t n = 0; n < seeds.size(); ++n)
    place[static_cast<std::size_t>(seeds[n].component)] = static_cast<std::int32_t>(n);
  std::vector<std::vector<Voxel>> voxels(seeds.size());
  components.append_voxels(island, place, voxels);
  return voxels;
}

void add_grown(const FlatIsland& island, const SegmentGeometry& geometry, const SegmentOptions& options,
               Components&& bright, const std::vector<Seed>& seeds, std::vector<Blob>& blobs) {
  // Thresholds rise with the peak. At the highest, the strongest seed of each component holds all others in it, for its
  // own blob reaches down to there or further.
  const int top_level = seeds.front().threshold;
  const Components top = top_level == step_of(options.seed)
                             ? std::move(bright)
                             : find_components(island, geometry, options.connectivity, top_level);
  std::vector<FloodSeed> strongest;
  std::vector<const Seed*> seed_of;  // of each of them
  std::vector<std::uint8_t> taken(static_cast<std::size_t>(top.count), 0);
  for (const Seed& seed : seeds) {
    const std::int32_t component = top.of_voxel(seed.peak);
    if (std::exchange(taken[static_cast<std::size_t>(component)], std::uint8_t{1}) != 0) continue;
    strongest.push_back({.component = component, .threshold = seed.threshold, .level = seed.threshold});
    seed_of.push_back(&seed);
  }
  std::vector<std::vector<Voxel>> voxels =
      strongest.back().threshold == top_level
          ? voxels_of(strongest, top, island)
          : SeedFlood(island, geometry, options.connectivity, top, top_level, strongest).blobs();
  for (std::size_t n = 0; n < strongest.size(); ++n) {
    if (!strongest[n].absorbed)
      add_spots(*seed_of[n], strongest[n].level, std::move(voxels[n]), geometry, options, blobs);
  }
}

}  // namespace

int growth_threshold(int peak, const SegmentOptions& options) {
  const int seed = step_of(options.seed);
  if (options.method == SegmentMethod::kSingle) return seed;
  const double wanted = std::ceil(options.tau * peak - 1e-6);
  const double clipped = std::clamp(wanted, static_cast<double>(step_of(options.grow_min)),
                                    static_cast<double>(step_of(options.grow_max)));
  return std::min(seed, static_cast<int>(clipped));
}

std::vector<Blob> grow_blobs(const Island& island, const SegmentGeometry& geometry, const SegmentOptions& options) {
  const FlatIsland flat(island);
  Components bright = find_components(flat, geometry, options.connectivity, step_of(options.seed));
  std::vector<Blob> blobs;
  std::vector<Seed> small;
  const std::vector<Seed> seeds = find_seeds(flat, bright, options, small);
  if (!small.empty()) {
    std::vector<std::vector<Voxel>> voxels = voxels_of(small, bright, flat);
    for (std::size_t n = 0; n < small.size(); ++n)
      add_blob(small[n], small[n].threshold, true, std::move(voxels[n]), geometry, blobs);
  }
  if (!seeds.empty()) add_grown(flat, geometry, options, std::move(bright), seeds, blobs);
  return blobs;
}

}  // namespace dctprep
