// SPDX-License-Identifier: BSD-3-Clause
// Numbers of frames as people write them.
#pragma once

#include <string>
#include <vector>

namespace dctprep {

// "3, 7-9, 20 and 12 more", of ascending numbers.
std::string frame_ranges(const std::vector<int>& frames);

// "frame 3", "frames 400-719 (320 frames)".
std::string named_frames(const std::vector<int>& frames);

}  // namespace dctprep
