// Which level takes a component apart that grows without end.
#pragma once

#include <span>

#include "dctprep/segment/island_tracker.h"
#include "dctprep/segment/run_store.h"

namespace dctprep {

struct RunSource {
  const RunStore* store;
  RunStore::Chain runs;
};

// The lowest level at which no part of the component that `sources` hold together has half of its voxels; one above its
// largest voxel at most. Frames 0 and the last one are not taken for neighbours. Needs memory for a few frames.
int parting_level(std::span<const RunSource> sources, const SegmentGeometry& geometry, int connectivity);

}  // namespace dctprep
