// Connected components of the voxels of one island that reach a level.
#pragma once

#include <cstdint>
#include <vector>

#include "dctprep/core/blob.h"
#include "dctprep/segment/island_tracker.h"

namespace dctprep {

struct Components {
  static constexpr std::int32_t kNone = -1;
  int count = 0;
  std::vector<std::int32_t>
      label;  // of each voxel: 0 ... count - 1 in the order of their first voxels; kNone below the level

  // The indices of each component's voxels, ascending: component c owns order[begin[c]] ... order[begin[c + 1] - 1].
  struct Members {
    std::vector<std::int32_t> begin;
    std::vector<std::int32_t> order;
  };
  Members members() const;
};

// Of `voxels`, sorted by linear index with frames in [0, geometry.frames). Works on runs along u: a sweep over pairs of
// neighbouring rows.
Components find_components(const std::vector<Voxel>& voxels, const SegmentGeometry& geometry, int connectivity,
                           int level);

}  // namespace dctprep
