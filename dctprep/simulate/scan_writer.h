// SPDX-License-Identifier: BSD-3-Clause
// The images of a scan on disk, as a beamline leaves them.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <vector>

#include "dctprep/base/image.h"
#include "dctprep/simulate/options.h"

namespace dctprep {

enum class StackKind { kFlats, kProjections, kDarks };

// Frames are encoded on any thread and put by one at a time, in any order. Nothing stands under the final name before
// finish().
class ScanWriter {
 public:
  virtual ~ScanWriter() = default;
  virtual std::vector<std::uint8_t> encode(StackKind kind, int frame, ImageView<const std::uint16_t> image) const = 0;
  virtual void put(StackKind kind, int frame, std::span<const std::uint8_t> encoded) = 0;
  virtual void finish() = 0;
};

// The pixels as a chunk of bitshuffle-LZ4, or with `compress` off as they are.
std::vector<std::uint8_t> encode_pixels(ImageView<const std::uint16_t> image, bool compress);

}  // namespace dctprep
