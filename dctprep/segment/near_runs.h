// SPDX-License-Identifier: BSD-3-Clause
// Which voxels of a list of runs are neighbours of given ones.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "dctprep/segment/connectivity.h"
#include "dctprep/segment/flat_island.h"
#include "dctprep/segment/island_tracker.h"

namespace dctprep {

// Keeps references: what it is made of must outlive it.
class NearRuns {
 public:
  // `runs` in the order of linear index; `frames` as of FlatIsland.
  NearRuns(std::span<const IslandRun> runs, std::span<const FlatIsland::Frame> frames, const SegmentGeometry& geometry,
           int connectivity);

  // Calls visit(run, begin, end) for stretches that hold the neighbours of columns [u_begin, u_end) of run `run`:
  // voxels [begin, end), of that run.
  template <class Visit>
  void for_each(std::int32_t run, std::int32_t u_begin, std::int32_t u_end, const Visit& visit) const {
    const IslandRun& here = runs_[static_cast<std::size_t>(run)];
    if (u_begin > here.u_begin) {
      const std::int32_t before = here.begin + (u_begin - here.u_begin) - 1;
      visit(run, before, before + 1);
    }
    if (u_end < here.u_end) {
      const std::int32_t after = here.begin + (u_end - here.u_begin);
      visit(run, after, after + 1);
    }
    const auto place = static_cast<std::size_t>(frame_place_[static_cast<std::size_t>(run)]);
    for_each_of_frame(frames_[place], 0, here, u_begin, u_end, visit);
    for (const int dframe : {-1, 1}) {
      int frame = here.frame + dframe;
      std::size_t other = place + static_cast<std::size_t>(dframe);
      if (geometry_.wrap && (frame < 0 || frame == geometry_.frames)) {
        frame = frame < 0 ? geometry_.frames - 1 : 0;
        other = frame == 0 ? 0 : frames_.size() - 1;
      }
      if (other < frames_.size() && frames_[other].frame == frame)
        for_each_of_frame(frames_[other], dframe, here, u_begin, u_end, visit);
    }
  }

 private:
  // The runs of row v_begin + i of a frame start at row_begin_[first + i].
  struct FrameRows {
    std::int32_t frame, v_begin, rows;
    std::size_t first;
  };

  template <class Visit>
  void for_each_of_frame(const FrameRows& rows, int dframe, const IslandRun& here, std::int32_t u_begin,
                         std::int32_t u_end, const Visit& visit) const {
    for (int dv = -1; dv <= 1; ++dv) {
      const int row = here.v + dv - rows.v_begin;
      if ((dframe == 0 && dv == 0) || row < 0 || row >= rows.rows) continue;
      const int reach = reach_along_u(connectivity_, dframe, dv);
      if (reach < 0) continue;
      const auto first = runs_.begin() + row_begin_[rows.first + static_cast<std::size_t>(row)];
      const auto last = runs_.begin() + row_begin_[rows.first + static_cast<std::size_t>(row) + 1];
      auto near = std::partition_point(first, last, [&](const IslandRun& r) { return r.u_end <= u_begin - reach; });
      for (; near != last && near->u_begin < u_end + reach; ++near) {
        const std::int32_t from = std::max(near->u_begin, u_begin - reach), to = std::min(near->u_end, u_end + reach);
        visit(static_cast<std::int32_t>(near - runs_.begin()), near->begin + (from - near->u_begin),
              near->begin + (to - near->u_begin));
      }
    }
  }

  std::span<const IslandRun> runs_;
  const SegmentGeometry& geometry_;
  int connectivity_;
  std::vector<FrameRows> frames_;
  std::vector<std::int32_t> row_begin_;
  std::vector<std::int32_t> frame_place_;  // of each run, in `frames_`
};

}  // namespace dctprep
