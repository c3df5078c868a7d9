#include "dctprep/measure/set_values.h"

#include <algorithm>
#include <tuple>

#include "dctprep/base/assert.h"

namespace dctprep {

void set_values(std::vector<Voxel>& voxels, int frames, const FrameVoxels& frame_voxels) {
  const SparseFrame* frame = nullptr;
  const Run* run = nullptr;
  for (std::size_t i = 0; i < voxels.size(); ++i) {
    Voxel& voxel = voxels[i];
    const bool same_frame = i > 0 && voxel.frame == voxels[i - 1].frame;
    if (!same_frame) frame = &frame_voxels(voxel.frame % frames);
    if (!same_frame || voxel.v != run->v || voxel.u >= run->u_end) {
      const auto after = std::upper_bound(
          frame->runs.begin(), frame->runs.end(), voxel,
          [](const Voxel& a, const Run& b) { return std::tuple<int, int>(a.v, a.u) < std::tuple(b.v, b.u_begin); });
      DCTPREP_ASSERT(after != frame->runs.begin());
      run = &*(after - 1);
      DCTPREP_ASSERT(run->v == voxel.v && voxel.u < run->u_end);
    }
    voxel.value = frame->values[run->offset + static_cast<std::uint32_t>(voxel.u - run->u_begin)];
  }
}

}  // namespace dctprep
