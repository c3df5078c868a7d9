// SPDX-License-Identifier: BSD-3-Clause
// Stage 3: the background, a moving median over frames.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "dctprep/background/options.h"
#include "dctprep/base/image.h"

namespace dctprep {

// Frames [first, last] share the background of the window round `centre`.
struct BackgroundBlock {
  int first = 0;
  int last = 0;
  int centre = 0;
};

// Blocks of 2 half_step frames (of one where half_step is 0), in order.
std::vector<BackgroundBlock> background_blocks(int frames, const BackgroundOptions& options);

// The frames of the window round `centre`, ascending, good and bad alike: |k - centre| <= half_window and (k - centre)
// a multiple of stride, inside [0, frames) or, with `wrap`, taken modulo frames, each once.
std::vector<int> background_window(int centre, int frames, const BackgroundOptions& options, bool wrap);

// Rank median over `window`, all of `background`'s size, pixel by pixel, on all cores; 0 where the window is empty.
void median_background(std::span<const ImageView<const std::uint16_t>> window, ImageView<std::uint16_t> background);

}  // namespace dctprep
