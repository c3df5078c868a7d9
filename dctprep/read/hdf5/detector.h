// SPDX-License-Identifier: BSD-3-Clause
// What an HDF5 file says of the detector that took its frames: NeXus (NXdetector), Dectris, LImA.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "dctprep/base/image.h"

namespace dctprep {

struct Hdf5Detector {
  std::string pixel_mask;       // dataset of the frames' size; "" where there is none
  int saturation = 0;           // counts from which a pixel is not to be trusted; 0 where it is not said
  std::string saturation_path;  // the dataset that says so
  std::int64_t frames = 0;      // how many were asked for; 0 where it is not said
  std::string frames_path;
  bool frames_end = false;  // Dectris: those beyond them belong to nothing
  int bits = 0;             // of a pixel, of Dectris' own; 0 where it is not said
};

// Looks in the groups round the dataset of frames, its own first, for what belongs to frames of this size.
Hdf5Detector find_hdf5_detector(const std::filesystem::path& file, const std::string& frames, int height, int width);

// 1 where the mask says that a pixel is not to be used: by its lower 16 bits, as NeXus defines them (those above are
// tags of pixels that may be used).
Image<std::uint8_t> read_pixel_mask(const std::filesystem::path& file, const std::string& dataset, int height,
                                    int width);

}  // namespace dctprep
