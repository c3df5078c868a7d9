// SPDX-License-Identifier: BSD-3-Clause
// Some frames of another source, renumbered.
#pragma once

#include <memory>
#include <vector>

#include "dctprep/core/frame_source.h"

namespace dctprep {

// Frame i is frame `indices[i]` of `source`; -1 is a frame that is missing.
std::shared_ptr<const FrameSource> select_frames(std::shared_ptr<const FrameSource> source, std::vector<int> indices);

}  // namespace dctprep
