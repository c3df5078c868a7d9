// SPDX-License-Identifier: BSD-3-Clause
// Thresholds that the noise calls for.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>

#include "dctprep/estimate/levels/false_spots.h"
#include "dctprep/estimate/levels/spot_size.h"
#include "dctprep/estimate/noise/residuals.h"
#include "dctprep/segment/options.h"

namespace dctprep {

struct ThresholdChoice {
  SegmentOptions options;                  // seed, grow_min, grow_max and min_seed_volume are given
  double false_blobs = 0;                  // to be expected in the whole scan
  int lowest_seed = 1;                     // that the noise allows, whatever false blobs are counted
  bool is_in_noise = false;                // more than 0.5 % of all voxels reach grow_min by noise: it was given
  SpotSize size;                           // of spots at the seed
  std::map<std::string, std::string> why;  // "seed" -> ...
};

// What `given`, in steps as the residuals are, leaves open. seed: the lowest that keeps to the budget and is at least
// so many standard deviations of the noise as docs/parameters.md says, with the smallest min_seed_volume but for a
// larger one that lowers it by 5 % or more. min_seed_volume: that, but where faint spots fall to pieces a 60th or 20th
// of a typical spot. grow_min: some standard deviations, and more until at most 0.5 % of all voxels pass for noise.
// grow_max: the seed. `groups` and `noise` after the 2D median, in steps; `frames` is the length of the scan, `budget`
// the false blobs that it may yield. `counted`: count_false_blobs() of `noise`, from first_false_level() on.
ThresholdChoice choose_thresholds(const SegmentOptions& given, std::span<const GroupResiduals> groups,
                                  const NoiseSource& noise, std::span<const FalseBlobs> counted, int frames,
                                  double budget);

}  // namespace dctprep
