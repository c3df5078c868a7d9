// SPDX-License-Identifier: BSD-3-Clause
// One frame at every stage of the chain, for pictures and for looking into a result.
#pragma once

#include <cstdint>

#include "dctprep/base/image.h"
#include "dctprep/config/config.h"
#include "dctprep/core/scan.h"

namespace dctprep {

struct FrameStages {
  Image<std::uint16_t> raw;         // I
  Image<std::uint16_t> corrected;   // J'
  Image<std::uint16_t> background;  // B
  Image<std::int32_t> residual;     // J' - B - o, signed; 0 at bad and excluded pixels
  Image<std::uint16_t> denoised;    // F
};

// Of frame `k`, as the run that recorded `config`, `factor` and `offset` made them; `background` is that of the frame's
// block. Error where the frame cannot be read.
FrameStages stages_of_frame(const Scan& scan, const Config& config, int k, float factor, std::int32_t offset,
                            Image<std::uint16_t> background);

}  // namespace dctprep
