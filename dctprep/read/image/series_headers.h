// SPDX-License-Identifier: BSD-3-Clause
// The numbers that the headers of a series of image files tell.
#pragma once

#include <filesystem>
#include <vector>

#include "dctprep/read/image/image_reader.h"

namespace dctprep {

// Those of each frame of open_image_series(files); none where the frame or its header is gone or cannot be read. Errors
// as of open_image_series.
std::vector<std::vector<HeaderNumber>> series_headers(const std::vector<std::filesystem::path>& files);

// Those of the first frame of the first file that can be read.
std::vector<HeaderNumber> first_header(const std::vector<std::filesystem::path>& files);

}  // namespace dctprep
