// SPDX-License-Identifier: BSD-3-Clause
// Stages 4 to 6.0 of one frame in one visit, row by row in cache. A pixel whose window holds too few pixels above the
// threshold for its median to be there needs no median: these are counted as bits, 64 at a time, and residuals and
// medians are made only where something may pass.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "dctprep/background/compact_background.h"
#include "dctprep/base/image.h"
#include "dctprep/core/sparse_frame.h"
#include "dctprep/denoise/denoise.h"
#include "dctprep/pipeline/noise_levels.h"
#include "dctprep/pipeline/setup.h"

namespace dctprep {

// Immutable; `run` may be called from many threads.
class FramePass {
 public:
  explicit FramePass(const Setup& setup);

  struct Result {
    SparseFrame sparse;                 // what segmentation compares: F, or Z where levels are in units of the noise
    std::vector<std::uint16_t> counts;  // F of its values; empty where that is what it holds
    std::int32_t offset = 0;
  };
  // Of frame `k` (J') over its background. `noise`: of that background, which has been raised by noise->more; null
  // where levels are in counts. Throws where the frame passes more voxels than segment.max_fill allows.
  Result run(int k, const CompactFrame& frame, const CompactBackground& background, const BlockNoise* noise,
             std::span<const std::uint32_t> saturated) const;

  int radius() const { return denoiser_.radius(); }

 private:
  class Rows;
  // F of columns u0 ... u1-1 of row `v` becomes Z.
  void scale_row(const BlockNoise& noise, int v, int u0, int u1, std::uint16_t* values) const;

  const Setup& setup_;
  Denoiser denoiser_;
  std::vector<std::uint8_t> bad_row_;  // 1 where a row holds a bad pixel
  Image<std::uint64_t> bad_bits_;      // of each row, a bit a pixel
};

}  // namespace dctprep
