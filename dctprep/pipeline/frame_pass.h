// SPDX-License-Identifier: BSD-3-Clause
// What lies between J' and a sparse frame (docs/specification.md, "Subtraction" to "Levels in sigma"), of one frame in
// one visit, row by row in cache. A pixel whose window holds too few pixels above the threshold for its median to be
// there needs no median: these are counted as bits, 64 at a time, and residuals and medians are made only where
// something may pass.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "dctprep/background/compact_background.h"
#include "dctprep/base/image.h"
#include "dctprep/core/sparse_frame.h"
#include "dctprep/denoise/denoise.h"
#include "dctprep/pipeline/noise_levels.h"
#include "dctprep/pipeline/product.h"
#include "dctprep/pipeline/run_plan.h"

namespace dctprep {

// Immutable; `run` may be called from many threads.
class FramePass {
 public:
  explicit FramePass(const RunPlan& plan);

  // Of a good frame (J') over its background: everything but the facts that were known when it was read. `k`: its
  // number. `noise`: of that background, which has been raised by noise->more; null where levels are in counts. Throws
  // where the frame passes more voxels than segment.max_fill allows.
  FrameProduct run(int k, const CompactFrame& frame, const CompactBackground& background, const BlockNoise* noise,
                   std::span<const std::uint32_t> saturated) const;

  int radius() const { return denoiser_.radius(); }

 private:
  class Rows;
  const RunPlan& plan_;
  Denoiser denoiser_;
  std::vector<std::uint8_t> bad_row_;  // 1 where a row holds a bad pixel
  Image<std::uint64_t> bad_bits_;      // of each row, a bit a pixel
};

}  // namespace dctprep
