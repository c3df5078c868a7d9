// SPDX-License-Identifier: BSD-3-Clause
// The background, a moving median over frames (docs/specification.md, "Background").
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "dctprep/background/options.h"
#include "dctprep/base/image.h"
#include "dctprep/core/omega.h"

namespace dctprep {

// Frames [first, last] share the background of the window round `centre`, which stays inside `sweep`.
struct BackgroundBlock {
  int first = 0;
  int last = 0;
  int centre = 0;
  Sweep sweep;
};

// Blocks of 2 half_step frames (of one where half_step is 0), in order; each sweep begins with a new one.
std::vector<BackgroundBlock> background_blocks(std::span<const Sweep> sweeps, const BackgroundOptions& options);
std::vector<BackgroundBlock> background_blocks(int frames, const BackgroundOptions& options);

// The frames of the window round `centre`, ascending, good and bad alike: |k - centre| <= half_window and (k - centre)
// a multiple of stride, inside [0, frames) or, with `wrap`, taken modulo frames, each once.
std::vector<int> background_window(int centre, int frames, const BackgroundOptions& options, bool wrap);
// The same inside the sweep [first, last] that holds `centre`; only a scan of one sweep wraps.
std::vector<int> background_window(int centre, const Sweep& sweep, const BackgroundOptions& options, bool wrap);

// Rank median over `window`, all of `background`'s size, pixel by pixel, on all cores; 0 where the window is empty.
void median_background(std::span<const ImageView<const std::uint16_t>> window, ImageView<std::uint16_t> background);

}  // namespace dctprep
