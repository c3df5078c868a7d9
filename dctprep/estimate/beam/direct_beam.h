// SPDX-License-Identifier: BSD-3-Clause
// Where the direct beam falls on the detector.
#pragma once

#include <array>
#include <cstdint>
#include <string>

#include "dctprep/base/image.h"
#include "dctprep/core/region.h"

namespace dctprep {

// One side of a rectangle, measured across it in the image.
struct BeamEdge {
  bool on_detector = false;        // false: the rectangle reaches the detector's border there, and nothing is measured
  double inside = 0, outside = 0;  // levels on either side, in counts
  double blur = 0;                 // pixels in which the level falls from 90 % to 10 % of the way
  double seen = 0;                 // share of the positions along the side at which the level steps down
};

struct DirectBeam {
  Region region;                   // empty: there is none
  double level = 0, surround = 0;  // median inside, and right outside of it, in counts
  double middle = 0;               // median of its middle, half of it in either direction
  std::array<BeamEdge, 4> edges;   // left, top, right, bottom
  double blur = 0;                 // largest of the edges
  double confidence = 0;           // 0 ... 1 that this is right; where there is none: that there is none
  std::string doubt;               // what lowered it, in words; "" where nothing did
  Region rival;                    // where there is no beam: the rectangle that came nearest to being one
  Region dark_rectangle;           // where there is no beam, but a dark rectangle that looks like a beam stop
  std::string why;                 // what was seen, for the user
};

// Looks for a bright rectangle with sharp straight sides in `image`, the median over frames after dark: the largest
// region that is connected above some level, fills its bounding box, steps down at every side that lies on the
// detector, and leaves next to nothing of its brightness outside. Sides parallel to the rows and columns to within
// about 2 degrees; at most 60 % of the detector; partly outside it is allowed, with two sides at least on it. Hot
// pixels, glow around the beam and a shadow in it do no harm. The confidence is the lowest of what its size, sides,
// corners and contrast deserve (judge_rectangle.h), at least 0.5 where there is a beam; without one it is 1 minus that
// of the rival.
DirectBeam find_direct_beam(ImageView<const std::uint16_t> image, ImageView<const std::uint8_t> bad_pixels);

// The sides of `region` moved to where `image`, a frame or a median of some, has them, no more than 8 pixels and a
// sixth of the shorter side away; empty, or anything else, where they are not there.
Region refit_direct_beam(ImageView<const std::uint16_t> image, ImageView<const std::uint8_t> bad_pixels,
                         const Region& region);

}  // namespace dctprep
