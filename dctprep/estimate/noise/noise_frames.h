// SPDX-License-Identifier: BSD-3-Clause
// Frames of noise alone, drawn from the scan's noise model: false spots are counted in them. Neither spots nor the dark
// shadows that these leave, through the median, in other frames are in them.
#pragma once

#include <span>
#include <vector>

#include "dctprep/base/image.h"
#include "dctprep/core/noise_model.h"
#include "dctprep/core/region.h"
#include "dctprep/estimate/noise/residuals.h"

namespace dctprep {

// The noise where no spots are.
struct NoiseShape {
  NoiseModel model;
  double along_v = 0, along_u = 0;  // correlation of a pixel's noise with that of the next row and column, somewhat low
};

// From the differences of consecutive frames, whose shadows cancel, in tiles of the detector, each when it is quietest:
// the model that was fitted to all of them has the spots that come and go in its gain. That model where too few can be
// used. `groups` before the 2D median.
NoiseShape noise_shape(std::span<const GroupResiduals> groups, const NoiseModel& model,
                       ImageView<const std::uint8_t> bad_pixels, const Region& excluded);

// For each group (for some of them, where all would take more than 64 MiB: 30 million voxels are enough) as many frames
// as its run has, minus a background that is the median of `window` frames. They are mirrored and have lower halves
// alone, in which false spots are counted: `below` is what noise makes above the background. The same on any number of
// threads.
std::vector<GroupResiduals> simulate_noise(std::span<const GroupResiduals> groups, const NoiseShape& shape, int window,
                                           ImageView<const std::uint8_t> bad_pixels, const Region& excluded);

}  // namespace dctprep
