// SPDX-License-Identifier: BSD-3-Clause
// Seeds, growth thresholds, saddles (docs/specification.md, "Segmentation").
#pragma once

#include <vector>

#include "dctprep/core/blob.h"
#include "dctprep/segment/island_tracker.h"
#include "dctprep/segment/options.h"

namespace dctprep {

// g of a seed whose peak is `peak`.
int growth_threshold(int peak, const SegmentOptions& options);

// All blobs and all too small seed components of one island. `options.seed`, grow_min, grow_max and min_seed_volume are
// given. Pure: depends on nothing but its arguments, in any order of calls.
std::vector<Blob> grow_blobs(const Island& island, const SegmentGeometry& geometry, const SegmentOptions& options);

}  // namespace dctprep
