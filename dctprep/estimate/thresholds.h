// SPDX-License-Identifier: BSD-3-Clause
// Thresholds that the noise and the negated residual call for.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "dctprep/estimate/noise.h"
#include "dctprep/estimate/residuals.h"
#include "dctprep/estimate/spot_size.h"
#include "dctprep/segment/options.h"

namespace dctprep {

// The volumes of all connected components of {negated residual >= level}, descending. Nothing diffracts downwards:
// whatever is found there, the noise makes above the background as well.
struct FalseBlobs {
  int level = 0;
  std::vector<std::uint32_t> volumes;

  // How many have at least `volume` voxels.
  std::size_t at_least(int volume) const;
};

// At rising levels from 3 standard deviations on, until none is left. Looks at the lower halves of the groups' runs,
// denoised.
std::vector<FalseBlobs> count_false_blobs(std::span<const GroupResiduals> groups, const NoiseLevel& noise,
                                          int connectivity);

// How many components of at least `volume` voxels `level` is to be expected to pass in the frames looked at: those
// counted, and beyond the levels at which there are enough to count, what their decay with the level (exponential; that
// of Gaussian noise is faster) lets expect. A single one is taken for an accident.
double expected_false_blobs(std::span<const FalseBlobs> counted, int volume, int level, double sigma);

struct ThresholdChoice {
  SegmentOptions options;                  // seed, grow_min, grow_max and min_seed_volume are given
  double false_blobs = 0;                  // to be expected in the whole scan
  bool is_in_noise = false;                // more than 0.5 % of all voxels reach grow_min by noise: it was given
  SpotSize size;                           // of spots at the seed
  std::map<std::string, std::string> why;  // "seed" -> ...
  std::vector<std::string> warnings;
};

// What `given`, in steps as the residuals are, leaves open. seed: the lowest of at least 4.5 standard deviations in the
// noisiest tenth of the detector that keeps to the budget, with the smallest min_seed_volume but for a larger one that
// lowers it by 5 % or more. min_seed_volume: that, but where faint spots fall to pieces a 60th or 20th of a typical
// spot. grow_min: 2.5 standard deviations, and more until at most 0.5 % of all voxels pass for noise. grow_max: the
// seed. `groups` as above; `frames` is the length of the scan, `budget` the false blobs that it may yield.
ThresholdChoice choose_thresholds(const SegmentOptions& given, std::span<const GroupResiduals> groups,
                                  const NoiseLevel& noise, int frames, double budget);

}  // namespace dctprep
