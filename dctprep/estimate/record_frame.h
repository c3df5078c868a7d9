// SPDX-License-Identifier: BSD-3-Clause
// What is measured of a frame to judge its health.
#pragma once

#include <vector>

#include "dctprep/base/image.h"
#include "dctprep/core/region.h"
#include "dctprep/estimate/health/health.h"

namespace dctprep {

// Against what frames are measured. Owns no pixels.
struct FrameMeasure {
  ImageView<const std::uint16_t> dark;  // empty: none
  ImageView<const std::uint8_t> bad_pixels;
  Region beam;                  // empty: there is none
  std::vector<Region> regions;  // over which its intensity is taken; empty: the median of the frame is
  int saturation = 65535;       // raw counts
};

// `raw`: frame `k` as it was read, contiguous.
FrameRecord record_frame(int k, ImageView<const std::uint16_t> raw, const FrameMeasure& measure);

}  // namespace dctprep
