// SPDX-License-Identifier: BSD-3-Clause
#include "dctprep/segment/near_runs.h"

namespace dctprep {

NearRuns::NearRuns(std::span<const IslandRun> runs, std::span<const FlatIsland::Frame> frames,
                   const SegmentGeometry& geometry, int connectivity)
    : runs_(runs), geometry_(geometry), connectivity_(connectivity), frame_place_(runs.size()) {
  for (const FlatIsland::Frame& frame : frames) {
    const int v_begin = runs[static_cast<std::size_t>(frame.begin)].v;
    const int rows = runs[static_cast<std::size_t>(frame.end) - 1].v - v_begin + 1;
    const std::size_t first = row_begin_.size();
    for (std::int32_t run = frame.begin, row = 0; row <= rows; ++row) {
      while (run < frame.end && runs[static_cast<std::size_t>(run)].v < v_begin + row) ++run;
      row_begin_.push_back(run);
    }
    std::fill(frame_place_.begin() + frame.begin, frame_place_.begin() + frame.end,
              static_cast<std::int32_t>(frames_.size()));
    frames_.push_back({frame.frame, v_begin, rows, first});
  }
}

}  // namespace dctprep
