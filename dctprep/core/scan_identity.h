// SPDX-License-Identifier: BSD-3-Clause
// By what a scan is known again, wherever it lies and however it is compressed: checksums of some of its frames.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "dctprep/core/frame_source.h"

namespace dctprep {

// CRC-32 (that of zlib) of the pixels of a frame, row by row, as little-endian uint16.
struct FrameChecksum {
  int frame = 0;
  std::uint32_t crc32 = 0;
  friend bool operator==(const FrameChecksum&, const FrameChecksum&) = default;
};

// Of the first, the middle (D / 2) and the last frame, or of the next frame from there that can be read: downwards from
// the last, else upwards; each once. A hundred frames are tried from each.
std::vector<FrameChecksum> scan_checksums(const FrameSource& frames);

// What of `frames` differs from the checksums, in words; nothing where they are all the same. Frames beyond the last
// one differ.
std::optional<std::string> checksum_problem(const FrameSource& frames, const std::vector<FrameChecksum>& checksums);

}  // namespace dctprep
