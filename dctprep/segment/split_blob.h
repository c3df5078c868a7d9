// SPDX-License-Identifier: BSD-3-Clause
// Parts a blob that is made of several spots (docs/specification.md, "Split"; why so: docs/design/split.md).
#pragma once

#include <cstdint>
#include <vector>

#include "dctprep/core/blob.h"
#include "dctprep/segment/island_tracker.h"
#include "dctprep/segment/options.h"

namespace dctprep {

// Voxels of at least `seed` that a spot needs above the saddle to be parted, but no fewer than min_seed_volume; more
// where its peak is less than twice the seed.
inline constexpr int kLeastPart = 12, kLeastFaintPart = 30;
std::int64_t least_part(const SegmentOptions& options);
// Whether a heap whose highest value is `peak` stands so high over `level` that it may be firm, and whether it is, with
// `volume` voxels of at least `seed`.
bool is_below_share(const SegmentOptions& options, int peak, int level);
bool is_firm(const SegmentOptions& options, int peak, std::int64_t volume, int level);

// The spots that the blob of `voxels` (in the order of linear index, frames 0 ... geometry.frames - 1) is made of: each
// in the order of linear index, the one of the first voxel first. One spot: `voxels` itself. `options.seed` and
// min_seed_volume are given; nothing is parted where options.split is 0. Pure. Takes up to 70 bytes a voxel on the way,
// or 25 MB where that is more.
std::vector<std::vector<Voxel>> split_blob(std::vector<Voxel>&& voxels, const SegmentGeometry& geometry,
                                           const SegmentOptions& options);

}  // namespace dctprep
