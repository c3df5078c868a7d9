// SPDX-License-Identifier: BSD-3-Clause
#include "dctprep/pipeline/noise_levels.h"

#include <algorithm>
#include <tbb/parallel_for.h>

#include "dctprep/kernels/bit_rows.h"
#include "dctprep/kernels/pixel_rows.h"

namespace dctprep {

NoiseLevels::NoiseLevels(const RunPlan& plan, int radius)
    : plan_(plan),
      radius_(radius),
      bad_row_(rows_with_bad_pixels(plan.bad_pixels)),
      least_(65536),
      lowest_from_(65536) {
  any_bad_ = std::ranges::any_of(bad_row_, [](std::uint8_t bad) { return bad != 0; });
  const int level = plan.kept_level;
  std::uint16_t lowest = 65535;
  for (std::size_t b = least_.size(); b-- > 0;) {
    // prepare_run() has seen to it that pixels can reach the level.
    least_[b] = static_cast<std::uint16_t>(plan.scale.least(static_cast<std::uint16_t>(b), level));
    lowest_from_[b] = lowest = std::min(lowest, least_[b]);
  }
}

void scale_values(const RunPlan& plan, const BlockNoise& noise, SparseFrame& sparse) {
  constexpr std::size_t kRunsAhead = 8;
  for (std::size_t i = 0; i < sparse.runs.size(); ++i) {
    if (i + kRunsAhead < sparse.runs.size()) {
      const Run& later = sparse.runs[i + kRunsAhead];
      __builtin_prefetch(noise.background.row(later.v) + later.u_begin);
    }
    const Run& run = sparse.runs[i];
    const std::uint16_t* background = noise.background.row(run.v) + run.u_begin;
    std::uint16_t* values = sparse.values.data() + run.offset;
    for (int u = 0; u < run.u_end - run.u_begin; ++u) values[u] = plan.scale.scaled(values[u], background[u]);
  }
}

BlockNoise NoiseLevels::over(ImageView<const std::uint16_t> background, ImagePool<std::uint16_t>& pool) const {
  const int height = background.height(), width = background.width();
  const auto words = static_cast<int>(words_of_bits(static_cast<std::size_t>(width)));
  BlockNoise block;
  block.background = background;
  block.least_over = least_;
  if (any_bad_) block.filled = pool.take();
  // Of 64 columns and the windows that they are in: the least background of a row, then of the rows round it.
  Image<std::uint16_t> under(height, words), lowest(height, words);
  tbb::parallel_for(0, height, [&](int v) {
    const std::uint16_t* row = background.row(v);
    if (any_bad_) {
      std::uint16_t* filled = block.filled->row(v);
      std::copy_n(row, width, filled);
      if (bad_row_[static_cast<std::size_t>(v)] != 0) fill_bad_pixels(plan_.bad_pixels.row(v), width, filled);
      row = filled;
    }
    least_of_stretches(row, static_cast<std::size_t>(width), static_cast<std::size_t>(radius_), under.row(v));
  });
  if (any_bad_) block.background = *block.filled;
  for (int v = 0; v < height; ++v) {
    for (int word = 0; word < words; ++word) {
      std::uint16_t least = 65535;
      for (int row = std::max(0, v - radius_); row <= std::min(height - 1, v + radius_); ++row)
        least = std::min(least, under(row, word));
      lowest(v, word) = lowest_from_[least];
    }
  }
  block.lowest = *std::ranges::min_element(lowest.pixels());
  block.more = Image<std::uint8_t>(height, words);
  for (std::size_t i = 0; i < lowest.size(); ++i)
    block.more.data()[i] = static_cast<std::uint8_t>(std::min(255, lowest.data()[i] - block.lowest));
  return block;
}

}  // namespace dctprep
