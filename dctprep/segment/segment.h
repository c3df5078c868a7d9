// SPDX-License-Identifier: BSD-3-Clause
// Segmentation as one call on a volume in memory.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "dctprep/base/image.h"
#include "dctprep/core/blob.h"
#include "dctprep/segment/options.h"

namespace dctprep {

// The blobs and the too small seed components of the denoised frames `volume`, all of one size, in the order of (first
// frame, linear index of the first largest voxel). Every value of `options` is given. docs/specification.md,
// "Segmentation"; the voxel clip is measure/'s.
std::vector<Blob> segment_volume(std::span<const ImageView<const std::uint16_t>> volume, const SegmentOptions& options,
                                 bool wrap);

}  // namespace dctprep
