// SPDX-License-Identifier: BSD-3-Clause
// How many false spots noise makes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "dctprep/estimate/noise/noise.h"
#include "dctprep/estimate/noise/residuals.h"
#include "dctprep/segment/options.h"

namespace dctprep {

// Frames after the 2D median, in steps of the levels, whose lower halves hold what noise makes above the background.
// Those of simulate_noise(); or, where the scan does not tell its noise, the scan's own, since nothing diffracts
// downwards: what is found in the negated residual is noise, or the shadow of spots of other frames.
struct NoiseSource {
  std::span<const GroupResiduals> groups;
  NoiseLevel level;  // of `groups`
  bool is_simulated = false;
};
NoiseSource noise_source(std::span<const GroupResiduals> groups, bool is_simulated,
                         ImageView<const std::uint8_t> bad_pixels, const Region& excluded);

// The volumes of all connected components of {lower half >= level}, descending.
struct FalseBlobs {
  int level = 0;
  std::vector<std::uint32_t> volumes;

  // How many have at least `volume` voxels.
  std::size_t at_least(int volume) const;
};

// The level to count from: 3 standard deviations, or the seed of `options`, in steps, where it is given and lower.
int first_false_level(const SegmentOptions& options, const NoiseSource& noise);
// At rising levels from `first` on, until none is left.
std::vector<FalseBlobs> count_false_blobs(const NoiseSource& noise, int connectivity, int first);

// How many of at least `volume` voxels are to be expected at `level`, in as many frames, by what was counted at other
// levels. Simulated noise falls as a normal deviate does, log count with the square of the level; between two counts it
// is interpolated so, and beyond 10 blobs extrapolated. Of the scan's own frames, the count at the next level below,
// or, beyond 10 blobs, an exponential decay with the level, slower than that of normal noise.
double expected_false_blobs(std::span<const FalseBlobs> counted, int volume, int level, const NoiseSource& noise);

// The false spots of `frames` frames with these options in steps, all of which are given: found in `noise` as in a
// scan, with growth and split, but for those in the boxes of clear spots of `groups`, the scan's own frames after the
// 2D median. Where fewer than 10 are found, spots or not, extrapolated from lower seeds, log count being linear in the
// square of the level. Nothing where they cannot be known: of the scan's own frames, and where noise hangs together
// over all frames.
std::optional<double> expected_false_spots(const NoiseSource& noise, std::span<const GroupResiduals> groups,
                                           const SegmentOptions& options, int frames);

// The share of the voxels of `groups` that lie in the boxes of clear spots.
double share_near_spots(std::span<const GroupResiduals> groups, const SegmentOptions& options, const NoiseLevel& level);

}  // namespace dctprep
