// SPDX-License-Identifier: BSD-3-Clause
// Which voxels of the last frames reach the lowest level: photometry leaves those of other spots out.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "dctprep/core/region.h"
#include "dctprep/core/sparse_frame.h"
#include "dctprep/pipeline/run_plan.h"

namespace dctprep {

// A bit a pixel of each frame. Made and let go by one thread, while nobody reads.
class FrameClaims {
 public:
  explicit FrameClaims(const RunPlan& plan);
  // Most bytes of them, where `together` frames are taken in before any is let go.
  static std::uint64_t bytes(const RunPlan& plan, int together);

  void claim(const SparseFrame& frame);
  // Those of the frames before `k` are let go, but for those that a wrapped scan asks for at its end.
  void forget(int k);

  // Of frame `k`, row by row of the box; there is more behind the last one. From any thread.
  void read(int k, const Region& box, std::vector<std::uint8_t>& claimed) const;

 private:
  using Bits = std::vector<std::uint64_t>;

  int width_;
  int kept_start_;
  std::size_t words_;  // of a frame
  std::vector<std::unique_ptr<Bits>> frames_;
  std::vector<std::unique_ptr<Bits>> spare_;  // whose memory has been touched already
};

}  // namespace dctprep
