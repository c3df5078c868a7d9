// SPDX-License-Identifier: BSD-3-Clause
// The 2D median alone, on a frame with one hot pixel and a spot of 3 x 3.
#include "dctprep/denoise/denoise.h"

#include <cstdio>

int main() {
  dctprep::Image<std::uint16_t> frame(8, 8, 10), denoised(8, 8);
  frame(1, 1) = 60000;
  for (int v = 4; v < 7; ++v) {
    for (int u = 4; u < 7; ++u) frame(v, u) = 500;
  }
  const dctprep::Image<std::uint8_t> bad_pixels(8, 8, 0);
  const dctprep::Denoiser denoiser(dctprep::DenoiseOptions{}, bad_pixels, dctprep::Region{});
  denoiser.apply(frame, denoised);
  std::printf("hot pixel %d, middle of the spot %d, its corner %d\n", denoised(1, 1), denoised(5, 5), denoised(4, 4));
}
