// SPDX-License-Identifier: BSD-3-Clause
#include "dctprep/background/moving_median.h"

#include <algorithm>
#include <cstdint>

#include "dctprep/core/frame_median.h"

namespace dctprep {

std::vector<BackgroundBlock> background_blocks(std::span<const Sweep> sweeps, const BackgroundOptions& options) {
  std::vector<BackgroundBlock> blocks;
  const std::int64_t size = std::max<std::int64_t>(1, 2 * std::int64_t{options.half_step});
  for (const Sweep& sweep : sweeps) {
    for (std::int64_t first = sweep.first; first <= sweep.last; first += size) {
      blocks.push_back({static_cast<int>(first), static_cast<int>(std::min<std::int64_t>(first + size - 1, sweep.last)),
                        static_cast<int>(std::min<std::int64_t>(first + options.half_step, sweep.last)), sweep});
    }
  }
  return blocks;
}

std::vector<BackgroundBlock> background_blocks(int frames, const BackgroundOptions& options) {
  const Sweep whole{0, frames - 1};
  return background_blocks(std::span(&whole, 1), options);
}

std::vector<int> background_window(int centre, const Sweep& sweep, const BackgroundOptions& options, bool wrap) {
  std::vector<int> window = background_window(centre - sweep.first, sweep.frames(), options, wrap);
  for (int& k : window) k += sweep.first;
  return window;
}

std::vector<int> background_window(int centre, int frames, const BackgroundOptions& options, bool wrap) {
  const std::int64_t stride = options.stride;
  const std::int64_t reach = options.half_window / stride;
  std::vector<int> window;
  // More than `frames` steps to one side only repeat frames that the window holds already.
  const std::int64_t steps = wrap ? std::min<std::int64_t>(reach, frames) : reach;
  for (std::int64_t step = -steps; step <= steps; ++step) {
    const std::int64_t k = centre + step * stride;
    if (wrap) {
      window.push_back(static_cast<int>(((k % frames) + frames) % frames));
    } else if (0 <= k && k < frames) {
      window.push_back(static_cast<int>(k));
    }
  }
  std::sort(window.begin(), window.end());
  window.erase(std::unique(window.begin(), window.end()), window.end());
  return window;
}

void median_background(std::span<const ImageView<const std::uint16_t>> window, ImageView<std::uint16_t> background) {
  std::vector<const std::uint16_t*> frames;
  for (const auto& frame : window) {
    DCTPREP_ASSERT(frame.size() == background.size());
    frames.push_back(frame.pixels().data());
  }
  rank_median_over_frames(frames, background.size(), background.pixels().data());
}

}  // namespace dctprep
