// An island as one list of runs over one array of values, in the order of linear index.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "dctprep/core/blob.h"
#include "dctprep/segment/island_tracker.h"

namespace dctprep {

// Columns [u_begin, u_end) of row v of a frame; their values begin at `begin`.
struct IslandRun {
  std::int32_t frame, v, u_begin, u_end;
  std::int32_t begin;

  std::int32_t end() const { return begin + (u_end - u_begin); }
};

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
