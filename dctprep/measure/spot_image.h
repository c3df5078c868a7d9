// SPDX-License-Identifier: BSD-3-Clause
// The spot image: a blob summed over its frames, trimmed at both ends.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "dctprep/measure/measure.h"
#include "dctprep/measure/voxel_runs.h"

namespace dctprep {

// Sets integral, frame_max, frame_ext_start and frame_ext_end of `spot`, whose frame_start and frame_end are set.
void set_omega_trim(std::span<const VoxelRun> runs, const SpotsOptions& options, Spot& spot);

// The image over frame_ext_start ... frame_ext_end, or nothing for SpotImage::kNone.
// `runs` are those of `voxels`.
std::vector<std::uint32_t> spot_image(std::span<const Voxel> voxels, std::span<const VoxelRun> runs, const Spot& spot,
                                      const MeasureContext& context, const FrameVoxels& frame_voxels);

}  // namespace dctprep
