#include "dctprep/background/subtract.h"

#include <algorithm>
#include <vector>

#include "dctprep/core/rank_median.h"

namespace dctprep {

std::int32_t frame_offset(ImageView<const std::uint16_t> frame, ImageView<const std::uint16_t> background,
                          ImageView<const std::uint8_t> bad_pixels, const Region& excluded,
                          const BackgroundOptions& options) {
  if (!options.frame_offset) return 0;
  std::vector<std::int32_t> differences;
  for (int v = 0; v < frame.height(); v += options.offset_stride) {
    for (int u = 0; u < frame.width(); u += options.offset_stride) {
      if (bad_pixels(v, u) != 0 || excluded.contains(v, u)) continue;
      differences.push_back(std::int32_t{frame(v, u)} - std::int32_t{background(v, u)});
    }
  }
  return differences.empty() ? 0 : rank_median(differences);
}

void subtract_background(ImageView<const std::uint16_t> frame, ImageView<const std::uint16_t> background,
                         std::int32_t offset, ImageView<const std::uint8_t> bad_pixels, const Region& excluded,
                         ImageView<std::uint16_t> residual) {
  for (int v = 0; v < frame.height(); ++v) {
    const std::uint16_t* from = frame.row(v);
    const std::uint16_t* under = background.row(v);
    const std::uint8_t* bad = bad_pixels.row(v);
    std::uint16_t* to = residual.row(v);
    for (int u = 0; u < frame.width(); ++u) {
      const std::int32_t difference = std::int32_t{from[u]} - std::int32_t{under[u]} - offset;
      to[u] = static_cast<std::uint16_t>(bad[u] != 0 ? 0 : std::clamp(difference, 0, 65535));
    }
    if (excluded.v0 <= v && v < excluded.v1) std::fill(to + excluded.u0, to + excluded.u1, std::uint16_t{0});
  }
}

}  // namespace dctprep
