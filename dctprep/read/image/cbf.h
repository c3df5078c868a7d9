// SPDX-License-Identifier: BSD-3-Clause
// Images in CBF files.
#pragma once

#include <memory>

#include "dctprep/read/byte_source.h"
#include "dctprep/read/image/image_reader.h"

namespace dctprep {

// Throws Error without the path.
std::unique_ptr<ImageReader> open_cbf(std::shared_ptr<const ByteSource> source);

}  // namespace dctprep
