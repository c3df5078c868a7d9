// Which level takes a component apart that grows without end.
#pragma once

#include <span>

#include "dctprep/core/sparse_frame.h"
#include "dctprep/segment/island_tracker.h"

namespace dctprep {

// The lowest level at which no part of the component that `pieces` hold (in no order) has half of its voxels; one above
// its largest voxel at most. Frames 0 and the last one are not taken for neighbours. Needs memory for a few frames.
int parting_level(std::span<const SparseFrame* const> pieces, const SegmentGeometry& geometry, int connectivity);

}  // namespace dctprep
