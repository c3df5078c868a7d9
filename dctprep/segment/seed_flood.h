// SPDX-License-Identifier: BSD-3-Clause
// Where the blobs of seeds part that would run together: levels, and the voxels of each.
#pragma once

#include <cstdint>
#include <vector>

#include "dctprep/core/blob.h"
#include "dctprep/segment/components.h"
#include "dctprep/segment/flat_island.h"
#include "dctprep/segment/near_runs.h"

namespace dctprep {

// A seed that is the strongest of its component at the highest growth threshold of all seeds of the island.
struct FloodSeed {
  std::int32_t component = 0;  // there
  int threshold = 0;           // g
  int level = 0;               // L, at least g
  bool absorbed = false;       // lies in the blob of a stronger seed
};

// Floods an island from its seeds downwards, highest voxels first. A voxel is reached at the level of the lowest voxel
// on the highest way from a seed to it; where the floods of two seeds meet, the weaker seed's blob ends. The flood of a
// seed stands still below its own threshold, so that mostly the surroundings of weak seeds alone are looked at. Each
// voxel is reached once.
class SeedFlood {
 public:
  // `top`: the components at that highest threshold. `seeds`: strongest first; sets their `level` and `absorbed`.
  SeedFlood(const FlatIsland& island, const SegmentGeometry& geometry, int connectivity, const Components& top,
            int top_level, std::vector<FloodSeed>& seeds);

  // The voxels of each seed's blob, in the order of linear index; none for an absorbed seed.
  std::vector<std::vector<Voxel>> blobs() const;

 private:
  static constexpr std::int32_t kNone = -1;
  // A voxel that was reached and whose neighbours were not looked at yet.
  struct Waiting {
    std::int32_t voxel, run;
    std::uint16_t level;
  };
  void reach_from_seeds(const Components& top);
  void flood();
  void look_around(const Waiting& at);
  void end_level(int level);
  std::int32_t root(std::int32_t seed);
  void reach(std::int32_t voxel, std::int32_t run, std::int32_t seed, int level);

  const FlatIsland& island_;
  NearRuns near_;
  int top_level_;
  std::vector<FloodSeed>& seeds_;
  std::vector<std::int32_t> seed_of_;    // of each voxel: the seed it was reached from; kNone: none
  std::vector<std::uint16_t> level_of_;  // and the level at which it was
  std::vector<Waiting> waiting_;         // a heap, highest level first
  std::vector<Waiting> now_;             // those of the level that the flood stands at
  std::vector<std::int32_t> parent_;     // of each seed: who it met; the strongest of those that met is the root
  std::vector<std::int32_t> died_;       // seeds that met a stronger one at this level
  std::vector<std::int32_t> absorber_;   // of each absorbed seed
};

}  // namespace dctprep
