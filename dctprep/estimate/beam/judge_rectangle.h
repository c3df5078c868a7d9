// SPDX-License-Identifier: BSD-3-Clause
// How much speaks for a bright rectangle being the direct beam.
#pragma once

#include <string>

#include "dctprep/base/image.h"
#include "dctprep/estimate/beam/direct_beam.h"

namespace dctprep {

// 0 at `hopeless` and beyond, 1/2 at `limit`, 1 at `clear` and beyond, straight lines between; clear may lie on either
// side of limit.
double credit(double x, double hopeless, double limit, double clear);

// What is asked of a rectangle.
struct Demands {
  double contrast;  // least of inside over outside, above the darkest tenth of the image
  double blur;      // most of an edge, over the shorter side
  double outside;   // most of the pixels outside, as bright as half of the rectangle
};
inline constexpr Demands kBeamDemands{2, 0.06, 0.01};
// A beam stop stands far before the detector in light of its own, and corners of the detector may be as dark.
inline constexpr Demands kStopDemands{1.2, 0.2, 0.5};
// A dark rectangle all round which there is light.
inline constexpr Demands kRimmedStopDemands{1.2, 0.2, 1};

// The lowest of the credits that the rectangle gets for its size, sides, corners and contrast (docs/parameters.md lists
// them), and what lowered it, in words; "" where nothing did.
struct Verdict {
  double score = 1;
  std::string weakness;
};
// From this score on it is taken for the beam.
inline constexpr double kAccepted = 0.5;
// `darkest`: the level of the darkest tenth of the image.
Verdict judge_rectangle(ImageView<const float> image, const DirectBeam& beam, double darkest, const Demands& demands);

}  // namespace dctprep
