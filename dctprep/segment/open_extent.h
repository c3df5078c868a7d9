// SPDX-License-Identifier: BSD-3-Clause
// What can be said of a component that grows without end, and which level takes it apart.
#pragma once

#include <span>

#include "dctprep/segment/island_tracker.h"
#include "dctprep/segment/run_store.h"

namespace dctprep {

struct RunSource {
  const RunStore* store;
  RunStore::Chain runs;
};

// Of the component that `sources` hold together, in one pass, and some more over its last frames: where the component
// is larger, only as many of these as hold eight million voxels are tried at different levels. Frames 0 and the last
// one are not taken for neighbours. Needs memory for a few frames.
IslandTracker::Extent extent_of(std::span<const RunSource> sources, const SegmentGeometry& geometry, int connectivity);

}  // namespace dctprep
