// SPDX-License-Identifier: BSD-3-Clause
// The background alone: the rank median of frames that you hold, pixel by pixel.
#include "dctprep/background/moving_median.h"

#include <cstdio>
#include <vector>

int main() {
  std::vector<dctprep::Image<std::uint16_t>> frames;
  for (int k = 0; k < 7; ++k) frames.emplace_back(2, 3, static_cast<std::uint16_t>(100 + k));
  frames[3](1, 2) = 5000;  // a spot, in one frame only
  std::vector<dctprep::ImageView<const std::uint16_t>> window;
  for (const auto& frame : frames) window.push_back(frame.view());
  dctprep::Image<std::uint16_t> background(2, 3);
  dctprep::median_background(window, background);
  std::printf("background %d counts, %d under the spot\n", background(0, 0), background(1, 2));
}
