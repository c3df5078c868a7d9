#include "dctprep/pipeline/noise_levels.h"

#include <algorithm>
#include <tbb/parallel_for.h>

namespace dctprep {

NoiseLevels::NoiseLevels(const Setup& setup, int radius)
    : setup_(setup), radius_(radius), bad_row_(rows_with_bad_pixels(*setup.scan)), least_(65536) {
  any_bad_ = std::ranges::any_of(bad_row_, [](std::uint8_t bad) { return bad != 0; });
  const int level = lowest_level(setup.segment);
  // prepare_run() has seen to it that pixels can reach the level.
  for (std::size_t b = 0; b < least_.size(); ++b)
    least_[b] = static_cast<std::uint16_t>(setup.scale.least(static_cast<std::uint16_t>(b), level));
}

BlockNoise NoiseLevels::over(ImageView<const std::uint16_t> background) const {
  const int height = background.height(), width = background.width();
  BlockNoise block;
  block.background = background;
  if (any_bad_) block.filled = Image<std::uint16_t>(height, width);
  block.least = Image<std::uint16_t>(height, width);
  block.more = Image<std::uint16_t>(height, width);
  std::vector<std::uint16_t> lowest_of_row(static_cast<std::size_t>(height));
  tbb::parallel_for(0, height, [&](int v) {
    const std::uint16_t* under = background.row(v);
    if (any_bad_) {
      std::uint16_t* filled = block.filled.row(v);
      std::copy_n(under, width, filled);
      if (bad_row_[static_cast<std::size_t>(v)] != 0) fill_bad_pixels(setup_.scan->bad_pixels.row(v), width, filled);
      under = filled;
    }
    std::uint16_t* least = block.least.row(v);
    std::uint16_t lowest = 65535;
    for (int u = 0; u < width; ++u) {
      least[u] = least_[under[u]];
      lowest = std::min(lowest, least[u]);
    }
    lowest_of_row[static_cast<std::size_t>(v)] = lowest;
  });
  if (any_bad_) block.background = block.filled;
  const std::uint16_t lowest = *std::ranges::min_element(lowest_of_row);
  block.lowest = lowest;
  tbb::parallel_for(0, height, [&](int v) {
    // The least over the windows that a pixel is in, first along v.
    std::vector<std::uint16_t> column(static_cast<std::size_t>(width + 2 * radius_), std::uint16_t{65535});
    std::uint16_t* inner = column.data() + radius_;
    for (int row = std::max(0, v - radius_); row <= std::min(height - 1, v + radius_); ++row) {
      const std::uint16_t* least = block.least.row(row);
      for (int u = 0; u < width; ++u) inner[u] = std::min(inner[u], least[u]);
    }
    std::uint16_t* more = block.more.row(v);
    std::copy_n(column.data(), width, more);
    for (int at = 1; at <= 2 * radius_; ++at) {
      const std::uint16_t* shifted = column.data() + at;
      for (int u = 0; u < width; ++u) more[u] = std::min(more[u], shifted[u]);
    }
    for (int u = 0; u < width; ++u) more[u] = static_cast<std::uint16_t>(more[u] - lowest);
  });
  return block;
}

}  // namespace dctprep
