// SPDX-License-Identifier: BSD-3-Clause
// An island in the order of linear index.
#pragma once

#include <cstdint>
#include <vector>

#include "dctprep/core/blob.h"
#include "dctprep/segment/run_store.h"

namespace dctprep {

struct FlatIsland {
  // The runs [begin, end) of a frame.
  struct Frame {
    std::int32_t frame, begin, end;
  };

  explicit FlatIsland(const Island& island);

  // Appends voxels [begin, end), all of run `run`, to `out`.
  void append_voxels(std::int32_t run, std::int32_t begin, std::int32_t end, std::vector<Voxel>& out) const;

  std::vector<IslandRun> runs;
  std::vector<std::uint16_t> values;
  std::vector<std::int32_t> saturated;  // ascending indices into `values`
  std::vector<Frame> frames;            // ascending; none is empty
};

}  // namespace dctprep
