// SPDX-License-Identifier: BSD-3-Clause
#include "dctprep/measure/set_values.h"

#include <algorithm>
#include <cstddef>
#include <tuple>

#include "dctprep/base/assert.h"

namespace dctprep {

namespace {

// Whether the voxel lies behind the run's begin, or there.
bool is_behind(const Run& run, const Voxel& voxel) {
  return std::tuple(run.v, run.u_begin) <= std::tuple<int, int>(voxel.v, voxel.u);
}

// The last of the runs [from, end) that the voxel is behind, sought in steps that double; null where there is none.
const Run* last_run_from(const Run* from, const Run* end, const Voxel& voxel) {
  if (from == end || !is_behind(*from, voxel)) return nullptr;
  std::ptrdiff_t step = 1;
  while (step < end - from && is_behind(from[step], voxel)) {
    from += step;
    step *= 2;
  }
  return std::partition_point(from, from + std::min(step, end - from),
                              [&](const Run& run) { return is_behind(run, voxel); }) -
         1;
}

}  // namespace

void set_values(std::vector<Voxel>& voxels, int frames, const FrameVoxels& frame_voxels) {
  const SparseFrame* frame = nullptr;
  const Run* run = nullptr;
  for (std::size_t i = 0; i < voxels.size(); ++i) {
    Voxel& voxel = voxels[i];
    const bool same_frame = i > 0 && voxel.frame == voxels[i - 1].frame;
    if (!same_frame) frame = &frame_voxels(voxel.frame % frames);
    if (!same_frame || voxel.v != run->v || voxel.u >= run->u_end) {
      // The next run of a blob is mostly a few runs of its frame further on.
      run = last_run_from(same_frame && is_behind(*run, voxel) ? run : frame->runs.data(),
                          frame->runs.data() + frame->runs.size(), voxel);
      DCTPREP_ASSERT(run != nullptr);
      DCTPREP_ASSERT(run->v == voxel.v && voxel.u < run->u_end);
    }
    voxel.value = frame->values[run->offset + static_cast<std::uint32_t>(voxel.u - run->u_begin)];
  }
}

}  // namespace dctprep
