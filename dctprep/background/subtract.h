// SPDX-License-Identifier: BSD-3-Clause
// Background and frame offset subtracted (docs/specification.md, "Subtraction").
#pragma once

#include <cstdint>
#include <functional>

#include "dctprep/background/options.h"
#include "dctprep/base/image.h"
#include "dctprep/core/region.h"

namespace dctprep {

// Rank median of frame - background over the pixels that are neither bad nor in `excluded` and whose v and u are
// multiples of offset_stride; 0 where there are none, or where options.frame_offset is off.
std::int32_t frame_offset(ImageView<const std::uint16_t> frame, ImageView<const std::uint16_t> background,
                          ImageView<const std::uint8_t> bad_pixels, const Region& excluded,
                          const BackgroundOptions& options);

// residual = clamp(frame - background - offset, 0, 65535); 0 at bad and excluded pixels.
void subtract_background(ImageView<const std::uint16_t> frame, ImageView<const std::uint16_t> background,
                         std::int32_t offset, ImageView<const std::uint8_t> bad_pixels, const Region& excluded,
                         ImageView<std::uint16_t> residual);

// The last part of it: columns u0 ... u1-1 of row `v` of a residual, from residual[0] on, are set to 0 at bad and
// excluded pixels. `bad_pixels` empty: none of the row is bad.
void clear_residual(ImageView<const std::uint8_t> bad_pixels, const Region& excluded, int v, int u0, int u1,
                    std::uint16_t* residual);

}  // namespace dctprep
