// SPDX-License-Identifier: BSD-3-Clause
// Intensity-weighted moments of a blob, from exact integer sums.
#pragma once

#include <span>

#include "dctprep/core/spot.h"
#include "dctprep/measure/voxel_runs.h"

namespace dctprep {

// Sets the centroid (u, v, frame), sigma_u, sigma_v, sigma_frame and cov_uv of `spot`, whose bounding box (u_min,
// v_min, frame_start) is set. Formulas of docs/specification.md, "Moments": sums in 128-bit integers, each rounded to
// float64, then divided.
void set_moments(std::span<const VoxelRun> runs, Spot& spot);

}  // namespace dctprep
