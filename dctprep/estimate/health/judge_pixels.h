// SPDX-License-Identifier: BSD-3-Clause
// Pixels that do not behave as others do.
#pragma once

#include <cstdint>
#include <vector>

#include "dctprep/base/image.h"
#include "dctprep/core/region.h"

namespace dctprep {

struct Pixel {
  int v = 0, u = 0;
};

// Pixels outside the mask that do not behave as others do.
struct PixelHealth {
  std::vector<Pixel> dead, hot, flickering;  // row by row; a pixel is in one of them at most, in this order
  int darks = 0, frames = 0;                 // that were looked at
};
// By dark frames (raw) and frames over the rotation (after dark; not inside `beam`, whose sides would look the same);
// either may be none.
PixelHealth judge_pixels(const std::vector<Image<std::uint16_t>>& darks,
                         const std::vector<Image<std::uint16_t>>& frames, ImageView<const std::uint8_t> bad_pixels,
                         const Region& beam);

}  // namespace dctprep
