// SPDX-License-Identifier: BSD-3-Clause
// How large spots are: a seed that is much smaller is a piece of one.
#pragma once

#include <span>

#include "dctprep/estimate/noise/residuals.h"
#include "dctprep/segment/options.h"

namespace dctprep {

struct SpotSize {
  // Voxels of at least the seed in a spot: half of all those voxels lie in spots of so many or more, so that pieces and
  // noise, however many, hardly count. No more than the third largest has; 0 where there are fewer than ten.
  int typical = 0;
  // Voxels that a seed must have to be more than a piece, which noise makes of large and faint spots: a 60th of that
  // where more than 3 % of all spots have less, a 20th where more than 25 % do, but for where 2 and more than 10 % of
  // those that reach twice the seed have less: those are small. Else 0.
  int least_seed = 0;
  int pieces = 0;  // spots that have less
  int spots = 0;   // all of them
};

// Of the spots that `options`, which are complete, find in the runs of `groups`, denoised. Those that peak in the first
// or last frame of a run, and so may lie mostly beyond, are left out.
SpotSize spot_size(std::span<const GroupResiduals> groups, const SegmentOptions& options);

}  // namespace dctprep
