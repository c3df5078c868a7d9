// SPDX-License-Identifier: BSD-3-Clause
// Connected components of the voxels of one island that reach a level.
#pragma once

#include <cstdint>
#include <vector>

#include "dctprep/segment/flat_island.h"
#include "dctprep/segment/island_tracker.h"

namespace dctprep {

struct Components {
  // Voxels [begin, end) of run `run` of the island: a longest stretch that reaches the level.
  struct Part {
    std::int32_t run, begin, end;
  };

  std::int32_t count = 0;
  std::vector<Part> parts;          // in the order of linear index
  std::vector<std::int32_t> label;  // of each part: 0 ... count - 1 in the order of the components' first voxels

  // The component of voxel `voxel`, which reaches the level.
  std::int32_t of_voxel(std::int32_t voxel) const;
  // The voxels of the components c with place[c] >= 0, those of component c appended to out[place[c]] in the order of
  // linear index.
  void append_voxels(const FlatIsland& island, const std::vector<std::int32_t>& place,
                     std::vector<std::vector<Voxel>>& out) const;
};

Components find_components(const FlatIsland& island, const SegmentGeometry& geometry, int connectivity, int level);

}  // namespace dctprep
