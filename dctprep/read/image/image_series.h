// SPDX-License-Identifier: BSD-3-Clause
// Image files in a series as one stack of frames.
#pragma once

#include <filesystem>
#include <memory>
#include <vector>

#include "dctprep/core/frame_source.h"

namespace dctprep {

// Files in the order given as one stack, a file of several frames giving all of them. Where one number in the names
// counts them, a gap in the numbers of the most frequent step is as many missing frames. The first file that can be
// read says how large a frame is. Files that cannot be read or do not agree with it are bad frames (kUnreadable;
// kMissing where the file is gone); so is one of several frames in a counted series of single ones. Throws Error where
// no file can be read, or where the numbers do not fit a step.
std::shared_ptr<const FrameSource> open_image_series(const std::vector<std::filesystem::path>& files);

}  // namespace dctprep
