// SPDX-License-Identifier: BSD-3-Clause
#include "dctprep/measure/voxel_runs.h"

#include <algorithm>

namespace dctprep {

std::vector<VoxelRun> runs_of(std::span<const Voxel> voxels) {
  std::vector<VoxelRun> runs;
  for (std::size_t i = 0; i < voxels.size();) {
    const Voxel& start = voxels[i];
    VoxelRun run{.frame = start.frame, .v = start.v, .u = start.u, .first = i};
    std::uint64_t at = 0;
    do {
      const Voxel& voxel = voxels[i];
      const std::uint64_t value = voxel.value;
      run.sum += value;
      run.first_moment += value * at;
      run.second_moment += value * at * at;
      run.max_value = std::max(run.max_value, voxel.value);
      run.saturated |= voxel.saturated;
      ++at;
      ++i;
    } while (i < voxels.size() && voxels[i].u == start.u + at && voxels[i].v == start.v &&
             voxels[i].frame == start.frame);
    run.size = static_cast<std::int32_t>(at);
    runs.push_back(run);
  }
  return runs;
}

}  // namespace dctprep
