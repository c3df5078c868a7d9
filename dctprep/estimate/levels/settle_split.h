// SPDX-License-Identifier: BSD-3-Clause
// segment.split.
#pragma once

#include <span>

#include "dctprep/estimate/search.h"

namespace dctprep {

// What "auto" sets segment.split to; `segment` is in steps, its seed and `denoise.mode` are given, `noise` after the 2D
// median, in steps too, each worth `step_counts` counts; `size` of spots at the seed.
double split_by_noise(const SegmentOptions& segment, const DenoiseOptions& denoise, const NoiseLevel& noise,
                      const SpotSize& size, double step_counts);
// segment.split, after seed; `noise`, `size` and `groups` as of the frames after the 2D median, in steps. Whether
// the noise decides, as split_by_noise() says.
bool settle_split(Search& search, const NoiseLevel& noise, const SpotSize& size,
                  std::span<const GroupResiduals> groups);

}  // namespace dctprep
