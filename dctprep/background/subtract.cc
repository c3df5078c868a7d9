#include "dctprep/background/subtract.h"

#include <algorithm>
#include <array>
#include <vector>

#include "dctprep/core/rank_median.h"
#include "dctprep/kernels/pixel_rows.h"

namespace dctprep {

std::int32_t frame_offset(ImageView<const std::uint16_t> frame, ImageView<const std::uint16_t> background,
                          ImageView<const std::uint8_t> bad_pixels, const Region& excluded,
                          const BackgroundOptions& options) {
  return frame_offset([&](int v) { return frame.row(v); }, background, bad_pixels, excluded, options);
}

std::int32_t frame_offset(const std::function<const std::uint16_t*(int v)>& frame_row,
                          ImageView<const std::uint16_t> background, ImageView<const std::uint8_t> bad_pixels,
                          const Region& excluded, const BackgroundOptions& options) {
  if (!options.frame_offset) return 0;
  // Nearly all differences are small, so they are counted near zero, and only if the median lies outside are all of
  // them looked at.
  constexpr std::int32_t kNear = 1024;
  std::array<std::uint32_t, 2 * kNear> near{};
  std::uint64_t below = 0, all = 0;
  const auto visit = [&](const auto& take) {
    for (int v = 0; v < background.height(); v += options.offset_stride) {
      const std::uint16_t* from = frame_row(v);
      const std::uint16_t* under = background.row(v);
      const std::uint8_t* bad = bad_pixels.row(v);
      const bool cut = excluded.v0 <= v && v < excluded.v1;
      for (int u = 0; u < background.width(); u += options.offset_stride) {
        if (bad[u] == 0 && !(cut && excluded.u0 <= u && u < excluded.u1))
          take(std::int32_t{from[u]} - std::int32_t{under[u]});
      }
    }
  };
  visit([&](std::int32_t difference) {
    ++all;
    below += difference < -kNear;
    if (-kNear <= difference && difference < kNear) ++near[static_cast<std::size_t>(difference + kNear)];
  });
  if (all == 0) return 0;
  const std::uint64_t rank = all / 2;
  for (std::int32_t difference = -kNear; below <= rank && difference < kNear; ++difference) {
    below += near[static_cast<std::size_t>(difference + kNear)];
    if (below > rank) return difference;
  }
  std::vector<std::int32_t> differences;
  differences.reserve(all);
  visit([&](std::int32_t difference) { differences.push_back(difference); });
  return rank_median(differences);
}

void clear_row(ImageView<const std::uint8_t> bad_pixels, const Region& excluded, int v, int width,
               std::uint16_t* residual) {
  if (!bad_pixels.empty()) {
    const std::uint8_t* bad = bad_pixels.row(v);
    for (int u = 0; u < width; ++u) residual[u] = bad[u] != 0 ? std::uint16_t{0} : residual[u];
  }
  if (excluded.v0 <= v && v < excluded.v1) std::fill(residual + excluded.u0, residual + excluded.u1, std::uint16_t{0});
}

void subtract_background(ImageView<const std::uint16_t> frame, ImageView<const std::uint16_t> background,
                         std::int32_t offset, ImageView<const std::uint8_t> bad_pixels, const Region& excluded,
                         ImageView<std::uint16_t> residual) {
  const int width = frame.width();
  for (int v = 0; v < frame.height(); ++v) {
    subtract_pixels(frame.row(v), background.row(v), offset, static_cast<std::size_t>(width), residual.row(v));
    clear_row(bad_pixels, excluded, v, width, residual.row(v));
  }
}

}  // namespace dctprep
