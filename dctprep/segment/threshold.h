// SPDX-License-Identifier: BSD-3-Clause
// From a denoised frame to the voxels that can belong to a blob.
#pragma once

#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "dctprep/base/image.h"
#include "dctprep/core/sparse_frame.h"
#include "dctprep/segment/options.h"

namespace dctprep {

// Finds the runs of a frame row by row: append_row() for rows 0, 1, 2, ... in order.
class FrameThreshold {
 public:
  // `saturated` as of threshold_frame(); it must outlive this.
  FrameThreshold(int frame, int width, int level, std::span<const std::uint32_t> saturated);
  void append_row(int v, const std::uint16_t* row);
  // The same of a row of which the caller knows which pixels pass (kernels/bit_rows.h); the others are not looked at.
  void append_row(int v, const std::uint16_t* row, std::span<const std::uint64_t> passing);
  SparseFrame take() { return std::move(sparse_); }
  std::uint64_t passing() const { return sparse_.values.size(); }

 private:
  void append_run(int v, int u_begin, int u_end, const std::uint16_t* row);

  int width_;
  int level_;
  std::span<const std::uint32_t> saturated_;
  std::size_t next_saturated_ = 0;
  std::vector<std::uint64_t> bits_;
  SparseFrame sparse_;
};

// The pixels of `denoised` of at least `level`, as runs. `saturated` lists pixels (ascending linear indices) whose raw
// value is saturated; those of them that pass are marked.
SparseFrame threshold_frame(ImageView<const std::uint16_t> denoised, int frame, int level,
                            std::span<const std::uint32_t> saturated);

// The run-away guard: throws Error where more than options.max_fill of the frame's `pixels` voxels are at least the
// lowest level, naming the frame and the lowest level that at most 1 % of them reach. `sparse` holds all of at least
// the lowest level; `options` and values are in steps (segment/options.h).
void check_fill(const SparseFrame& sparse, std::size_t pixels, const SegmentOptions& options);

// The same frame without what is below `level`, and `counts`, where not empty, likewise.
void raise_level(SparseFrame& sparse, std::vector<std::uint16_t>& counts, int level);

}  // namespace dctprep
