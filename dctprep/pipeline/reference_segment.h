// SPDX-License-Identifier: BSD-3-Clause
// Segmentation as docs/specification.md, "Segmentation", words it: for each seed, one level after the other, flood the
// volume and look.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "dctprep/base/image.h"
#include "dctprep/core/blob.h"
#include "dctprep/core/omega.h"
#include "dctprep/core/sparse_frame.h"
#include "dctprep/segment/options.h"

namespace dctprep {

// Blobs and too small seed components of `volume`, in any order, none over a border of `sweeps`. `saturated`: linear
// pixel indices, frame by frame.
std::vector<Blob> reference_segment(const std::vector<Image<std::uint16_t>>& volume,
                                    const std::vector<std::vector<std::uint32_t>>& saturated,
                                    const SegmentOptions& options, std::span<const Sweep> sweeps, bool wrap);

// The component of {F >= lowest growth threshold} that holds `voxel`, unsorted and not unwrapped.
std::vector<Voxel> reference_island(const std::vector<Image<std::uint16_t>>& volume, const Voxel& voxel,
                                    const SegmentOptions& options, std::span<const Sweep> sweeps, bool wrap);

}  // namespace dctprep
