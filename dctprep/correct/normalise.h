// SPDX-License-Identifier: BSD-3-Clause
// The intensity of the direct beam, and frames scaled to it (docs/specification.md, "Direct beam").
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "dctprep/base/image.h"
#include "dctprep/core/region.h"
#include "dctprep/correct/options.h"

namespace dctprep {

// A frame whose beam is at most this share of the scan's median has no beam.
inline constexpr double kNoBeamShare = 0.05;

// The rectangles over which the beam is measured: the margin beside the sample, or the whole direct beam; none where
// there is no direct beam; with "monitor" the whole direct beam. Usage errors: a region that leaves the detector,
// "margin" or "fullbeam" without a beam, a margin that is empty or of bad pixels alone.
std::vector<Region> intensity_regions(const BeamOptions& options, int height, int width,
                                      ImageView<const std::uint8_t> bad_pixels);

// Mean of max(0, frame - dark) over `regions`, without bad pixels: an exact sum, divided once. 1 where there is no
// region; an empty `dark` is 0.
double beam_intensity(ImageView<const std::uint16_t> frame, ImageView<const std::uint16_t> dark,
                      std::span<const Region> regions, ImageView<const std::uint8_t> bad_pixels);
// Of a frame that dark has been taken from.
double beam_intensity(ImageView<const std::uint16_t> frame, std::span<const Region> regions,
                      ImageView<const std::uint8_t> bad_pixels);

// The frames whose intensities make the scan's median: 0, q, 2q, ... with q = max(1, frames / 64).
std::vector<int> intensity_sample(int frames);

// What frames are scaled to by a monitor of one value a frame: the rank median of its finite values in frames that are
// not listed (1 = listed); 0 where there is none.
double monitor_median(std::span<const double> values, std::span<const std::uint8_t> listed);

// float32(reference / intensity), the division in float64.
float normalisation_factor(double reference, double intensity);

// frame = min(65535, rint(float32(frame) * factor)), half to even, in place.
void normalise(ImageView<std::uint16_t> frame, float factor);

}  // namespace dctprep
