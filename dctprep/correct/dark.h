// SPDX-License-Identifier: BSD-3-Clause
// The sensor offset (docs/specification.md, "Dark").
#pragma once

#include <cstdint>
#include <string>

#include "dctprep/base/image.h"
#include "dctprep/core/frame_source.h"

namespace dctprep {

// Rank median over the frames of `source`, pixel by pixel. Frames that cannot be read are left out, with a warning;
// Error where none is left. Reads each frame once for every `memory_bytes` worth of stack (bands of rows), so that any
// number of frames is handled in bounded memory. `what` ("dark", "flat") names them in messages.
Image<std::uint16_t> median_of_frames(const FrameSource& source, const std::string& what,
                                      std::size_t memory_bytes = std::size_t{1} << 30);

// frame = max(0, frame - dark), in place. An empty dark is 0.
void subtract_dark(ImageView<std::uint16_t> frame, ImageView<const std::uint16_t> dark);

}  // namespace dctprep
