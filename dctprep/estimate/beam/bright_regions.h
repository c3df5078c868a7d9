// SPDX-License-Identifier: BSD-3-Clause
// Connected bright regions of an image, level by level.
#pragma once

#include <vector>

#include "dctprep/base/image.h"
#include "dctprep/core/region.h"

namespace dctprep {

struct BrightRegion {
  Region box;
  double fill = 0;   // share of the box that the region covers, holes filled along rows
  double level = 0;  // its pixels are at least this
};

// The largest connected region (4 neighbours) of {image >= level} at each of `steps` levels, from the image's lowest
// tenth to its brightest pixels in equal ratios; levels without a region are left out. `enclosed`: of those that do not
// touch the image's border.
std::vector<BrightRegion> largest_bright_regions(ImageView<const float> image, int steps, bool enclosed = false);

// Means over blocks of factor x factor pixels; a last narrower block at either end counts as one.
Image<float> block_means(ImageView<const float> image, int factor);

}  // namespace dctprep
