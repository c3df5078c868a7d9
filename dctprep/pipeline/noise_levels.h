// SPDX-License-Identifier: BSD-3-Clause
// Levels in units of the noise, as counts over one background: what a frame's pixels are compared with where
// segment.unit = "sigma". docs/sigma.md.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "dctprep/base/image_pool.h"
#include "dctprep/core/sparse_frame.h"
#include "dctprep/pipeline/run_plan.h"

namespace dctprep {

// Of one background; this and the NoiseLevels must outlive it.
struct BlockNoise {
  std::shared_ptr<Image<std::uint16_t>> filled;  // the background with bad pixels replaced; null where none is bad
  ImageView<const std::uint16_t> background;
  std::span<const std::uint16_t> least_over;  // F of at least this, over each background, reaches the lowest level
  int least(int v, int u) const { return least_over[background(v, u)]; }
  // A window of the 2D median whose middle reaches the level holds enough pixels of at least `lowest` + more(v, u /
  // 64).
  int lowest = 1;
  Image<std::uint8_t> more;
};

// Most bytes of one, over a background of `pixels` pixels.
constexpr std::uint64_t block_noise_bytes(std::uint64_t pixels) { return pixels * 3; }

// The values of a frame over that background: F becomes Z.
void scale_values(const RunPlan& plan, const BlockNoise& noise, SparseFrame& sparse);

// Immutable; over() may be called from many threads.
class NoiseLevels {
 public:
  // `radius` of the 2D median; 0: none.
  NoiseLevels(const RunPlan& plan, int radius);
  // `pool`: of images as large.
  BlockNoise over(ImageView<const std::uint16_t> background, ImagePool<std::uint16_t>& pool) const;

 private:
  const RunPlan& plan_;
  int radius_;
  std::vector<std::uint8_t> bad_row_;  // 1 where a row holds a bad pixel
  bool any_bad_ = false;
  // Over each background; the lowest over it or any larger one.
  std::vector<std::uint16_t> least_, lowest_from_;
};

}  // namespace dctprep
