// SPDX-License-Identifier: BSD-3-Clause
// Frames of 32-bit detectors, which mark an overloaded pixel as they mark a masked one.
#pragma once

#include <memory>

#include "dctprep/base/image.h"
#include "dctprep/core/frame_source.h"

namespace dctprep {

// `source` where a marked pixel that is none of `masked` (1 at masked pixels) is overloaded: it reads as 65535, counts
// as kAbove and is no marker.
std::shared_ptr<const FrameSource> overloaded_frames(std::shared_ptr<const FrameSource> source,
                                                     ImageView<const std::uint8_t> masked);

}  // namespace dctprep
