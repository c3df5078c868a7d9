// SPDX-License-Identifier: BSD-3-Clause
// NumPy arrays of two dimensions.
#pragma once

#include <cstdint>
#include <vector>

#include "dctprep/read/byte_source.h"
#include "dctprep/read/pixel_conversion.h"

namespace dctprep {

struct Npy {
  int height = 0, width = 0;
  PixelType type;                 // a float of 2 bytes, too
  bool column_by_column = false;  // Fortran order
  std::vector<std::uint8_t> stored;
};

bool is_npy(const ByteSource& source);

// Reads an array of booleans, integers or floats of shape (height, width), format versions 1 to 3 (numpy.lib.format).
// Throws Error without the path.
Npy read_npy(const ByteSource& source);

}  // namespace dctprep
