// SPDX-License-Identifier: BSD-3-Clause
// Images that are the sum of several frames, as darkend0000.edf of ESRF.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "dctprep/core/frame_source.h"

namespace dctprep {

// How many frames of the scan each pixel of an image is the sum of, where its header says so.
struct FramesSummed {
  double frames = 1;  // 1: of one, or the header says nothing
  std::string key;    // of the header, "" where it says nothing
};

// Of the first of `files`, dark or flat images of a scan whose frames are `frames`, from `scan_files` where these are
// images. A key such as acc_nb_frames says it outright; where frames of the scan are sums too (accumulation mode), what
// counts is the ratio. A key such as nb_frames may count what a mean was taken over: it counts only where the image
// lies above the frames as it is and not above them when it is divided.
FramesSummed frames_summed(const std::vector<std::filesystem::path>& files, const FrameSource& frames,
                           const std::vector<std::filesystem::path>& scan_files);

// The images of `files` divided by `divisor` and rounded (half upwards), held in memory. Errors as of
// open_image_series.
std::shared_ptr<const FrameSource> open_divided(const std::vector<std::filesystem::path>& files, double divisor);

}  // namespace dctprep
