// SPDX-License-Identifier: BSD-3-Clause
// Which columns of the direct beam the sample shades.
#pragma once

#include <cstdint>
#include <string>

#include "dctprep/base/image.h"
#include "dctprep/core/region.h"
#include "dctprep/estimate/sample.h"

namespace dctprep {

struct SampleBox {
  Region region;                  // columns [s0, s1), rows of the beam; empty: no shadow was seen, or it fills the beam
  int left = 0, right = 0;        // columns of even, unshaded beam on either side of it
  int edge = 0;                   // columns at the beam's own edges that are left out for their blur
  double least_transmission = 1;  // over columns and frames
  std::string why;
};

// Judges by the columns' mean over the rows of `beam` in each frame of `sample` (after dark), over that of `flat`
// (empty: none, and the beam is taken to be even from one margin to the other), scaled to its own brightest columns:
// the columns that go below 0.97 (down to 0.90 where the margins scatter: 4 standard deviations) in any frame, and all
// between them, with a fiftieth of the beam (1 to 4 columns) more on either side. `blur` is that of the beam's edges in
// pixels.
SampleBox find_sample_box(const FrameSample& sample, ImageView<const std::uint16_t> flat,
                          ImageView<const std::uint8_t> bad_pixels, const Region& beam, double blur);

}  // namespace dctprep
