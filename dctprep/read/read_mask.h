// SPDX-License-Identifier: BSD-3-Clause
// The mask of bad pixels that a user gives.
#pragma once

#include <cstdint>
#include <string>

#include "dctprep/base/image.h"

namespace dctprep {

// A mask of height x width, 1 = bad, from HDF5 dataset, EDF, TIFF or npy. Error where the size differs.
Image<std::uint8_t> read_mask(const std::string& path, int height, int width);

}  // namespace dctprep
