// SPDX-License-Identifier: BSD-3-Clause
// Which frame of which file each frame of a series is.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "dctprep/read/image/image_reader.h"

namespace dctprep {

struct SeriesSlot {
  int file = -1;             // -1: missing
  int frame = 0;             // of the file
  bool several = false;      // the file holds others, too
  std::string missing_name;  // the file that should be there
};

struct SeriesPlan {
  std::vector<std::filesystem::path> files;
  std::vector<SeriesSlot> slots;               // one a frame
  std::shared_ptr<const ImageReader> example;  // the first file that can be read
  int example_file = 0;
  bool several_a_file = false;  // some file holds more than one frame
};

// Errors as of open_image_series.
SeriesPlan plan_series(const std::vector<std::filesystem::path>& files);

}  // namespace dctprep
