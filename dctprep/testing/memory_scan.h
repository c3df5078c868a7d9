// SPDX-License-Identifier: BSD-3-Clause
// Small scans held in memory.
#pragma once

#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "dctprep/core/scan.h"

namespace dctprep::testing {

// `count` frames in which every pixel is `level`.
inline std::vector<Image<std::uint16_t>> even_frames(int count, int height, int width, std::uint16_t level = 100) {
  std::vector<Image<std::uint16_t>> frames;
  for (int k = 0; k < count; ++k) frames.emplace_back(height, width, level);
  return frames;
}

// Frame k is at k degrees; no pixel is bad.
inline Scan memory_scan(std::shared_ptr<const FrameSource> frames) {
  Scan scan;
  scan.frames = std::move(frames);
  for (int k = 0; k < scan.frame_count(); ++k) scan.omega.push_back(k);
  scan.bad_pixels = Image<std::uint8_t>(scan.height(), scan.width(), 0);
  return scan;
}

}  // namespace dctprep::testing
