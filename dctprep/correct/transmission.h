// SPDX-License-Identifier: BSD-3-Clause
// The transmission inside the direct beam, for absorption tomography (docs/specification.md, "Transmission").
#pragma once

#include <cstdint>

#include "dctprep/base/image.h"

namespace dctprep {

// What transmission is measured against: the flat inside the direct beam, after dark, and its mean over the same region
// as the beam intensity. An empty flat means that the frame is divided by 1.
struct FlatField {
  Image<std::uint16_t> inside_beam;
  double intensity = 1.0;
};

// T = (J / i) / (flat / i_flat) in float64 in that order, NaN where flat is 0, then its rank median over (2 radius + 1)
// squared pixels, the crop's edge repeated, NaN kept out of windows and kept where it stands. `frame` is the crop of J
// (after dark, not normalised).
Image<float> transmission(ImageView<const std::uint16_t> frame, double beam_intensity, const FlatField& flat,
                          int radius);

}  // namespace dctprep
