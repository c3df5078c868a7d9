// SPDX-License-Identifier: BSD-3-Clause
#include "dctprep/background/subtract.h"

#include <algorithm>
#include <array>
#include <vector>

#include "dctprep/background/offset_median.h"
#include "dctprep/kernels/pixel_rows.h"

namespace dctprep {

std::int32_t frame_offset(ImageView<const std::uint16_t> frame, ImageView<const std::uint16_t> background,
                          ImageView<const std::uint8_t> bad_pixels, const Region& excluded,
                          const BackgroundOptions& options) {
  if (!options.frame_offset) return 0;
  const int stride = options.offset_stride;
  OffsetMedian median;
  for (int v = 0; v < background.height(); v += stride) {
    for (int u = 0; u < background.width(); u += stride) {
      if (bad_pixels(v, u) == 0 && !excluded.contains(v, u)) median.add(frame(v, u) - background(v, u));
    }
  }
  return median.take();
}

void clear_residual(ImageView<const std::uint8_t> bad_pixels, const Region& excluded, int v, int u0, int u1,
                    std::uint16_t* residual) {
  if (!bad_pixels.empty()) {
    const std::uint8_t* bad = bad_pixels.row(v);
    for (int u = u0; u < u1; ++u) residual[u - u0] = bad[u] != 0 ? std::uint16_t{0} : residual[u - u0];
  }
  if (excluded.v0 <= v && v < excluded.v1) {
    const int from = std::max(u0, excluded.u0), to = std::min(u1, excluded.u1);
    if (from < to) std::fill(residual + (from - u0), residual + (to - u0), std::uint16_t{0});
  }
}

void subtract_background(ImageView<const std::uint16_t> frame, ImageView<const std::uint16_t> background,
                         std::int32_t offset, ImageView<const std::uint8_t> bad_pixels, const Region& excluded,
                         ImageView<std::uint16_t> residual) {
  const int width = frame.width();
  for (int v = 0; v < frame.height(); ++v) {
    subtract_pixels(frame.row(v), background.row(v), offset, static_cast<std::size_t>(width), residual.row(v));
    clear_residual(bad_pixels, excluded, v, 0, width, residual.row(v));
  }
}

}  // namespace dctprep
