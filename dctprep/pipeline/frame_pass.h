// Stages 4 to 6.0 of one frame in one visit: subtract, denoise, threshold, row by row in cache.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "dctprep/background/compact_background.h"
#include "dctprep/base/image.h"
#include "dctprep/core/sparse_frame.h"
#include "dctprep/denoise/denoise.h"
#include "dctprep/pipeline/setup.h"

namespace dctprep {

// Immutable; `run` may be called from many threads.
class FramePass {
 public:
  explicit FramePass(const Setup& setup);

  struct Result {
    SparseFrame sparse;
    std::int32_t offset = 0;
  };
  // Of frame `k` (J') over its background. Throws where the frame passes more voxels than segment.max_fill allows.
  Result run(int k, const CompactFrame& frame, const CompactBackground& background,
             std::span<const std::uint32_t> saturated) const;

 private:
  // Calls row(v, denoised pixels) for each row in order.
  template <class Row>
  void denoised_rows(const CompactFrame& frame, const CompactBackground& background, std::int32_t offset,
                     const Row& row) const;

  const Setup& setup_;
  Denoiser denoiser_;
  std::vector<std::uint8_t> bad_row_;  // 1 where a row holds a bad pixel
};

}  // namespace dctprep
