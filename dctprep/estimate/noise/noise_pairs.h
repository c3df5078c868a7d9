// SPDX-License-Identifier: BSD-3-Clause
// The readings that the noise model is fitted to.
#pragma once

#include "dctprep/base/image.h"
#include "dctprep/core/noise_scale.h"
#include "dctprep/core/region.h"
#include "dctprep/core/scan.h"
#include "dctprep/measure/noise_fit.h"

namespace dctprep {

// Two frames after one another (J'), of a sample of their pixels that are good and outside `excluded`: rows and columns
// in even steps, about 2^18 of them.
void add_frame_pair(ImageView<const std::uint16_t> first, ImageView<const std::uint16_t> second,
                    ImageView<const std::uint8_t> bad_pixels, const Region& excluded, NoiseSamples& samples);
// Up to 8 pairs of the scan's dark frames, where it has any.
void add_dark_pairs(const Scan& scan, const Region& excluded, NoiseSamples& samples);

// The scale that segment.unit = "sigma" needs. Throws Error where the scan does not tell its noise.
NoiseScale scale_of_levels(const NoiseModel& model);

}  // namespace dctprep
