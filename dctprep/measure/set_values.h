// SPDX-License-Identifier: BSD-3-Clause
// What voxels hold, taken from frames: segmentation that goes by other values than spots are measured by puts them
// back.
#pragma once

#include <vector>

#include "dctprep/core/blob.h"
#include "dctprep/measure/measure.h"

namespace dctprep {

// Each voxel takes the value that frame_voxels(k) has of it, k its frame modulo `frames`; there it must be. `voxels` in
// the order of (frame, v, u).
void set_values(std::vector<Voxel>& voxels, int frames, const FrameVoxels& frame_voxels);

}  // namespace dctprep
