// SPDX-License-Identifier: BSD-3-Clause
// The light beside the direct beam, which tells what the intensity of frames follows where the beam itself cannot.
#pragma once

#include <span>
#include <vector>

#include "dctprep/base/image.h"
#include "dctprep/core/region.h"
#include "dctprep/estimate/sample.h"

namespace dctprep {

// Of each frame of the sample, what the good pixels beside `beam` show over their `median` of all frames, the mean of
// the middle half of them: about 1 where the frame is as bright as most. `blur` of the beam's edges in pixels. Empty
// where it is too dark there to tell.
std::vector<double> surrounding_light(const FrameSample& sample, ImageView<const std::uint16_t> median,
                                      ImageView<const std::uint8_t> bad_pixels, const Region& beam, double blur);

// Half of the values' range from quarter to three quarters over their median. Positive values.
double relative_spread(std::vector<double> values);

}  // namespace dctprep
