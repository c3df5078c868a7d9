// SPDX-License-Identifier: BSD-3-Clause
// Pictures as PNG files.
#pragma once

#include <cstdint>
#include <filesystem>

#include "dctprep/base/image.h"
#include "dctprep/draw/canvas.h"

namespace dctprep::draw {

// 8 bits a channel. The file appears whole or not at all; an existing one is refused unless `overwrite`
// (base/partial_file.h). Error where it cannot be written.
void write_png(const std::filesystem::path& path, const Canvas& canvas, bool overwrite = false);
void write_png(const std::filesystem::path& path, ImageView<const std::uint8_t> grey, bool overwrite = false);

}  // namespace dctprep::draw
