// From a denoised frame to the voxels that can belong to a blob.
#pragma once

#include <cstdint>
#include <span>

#include "dctprep/base/image.h"
#include "dctprep/core/sparse_frame.h"

namespace dctprep {

// The pixels of `denoised` of at least `level`, as runs. `saturated` lists pixels (ascending linear indices) whose raw
// value is saturated; those of them that pass are marked.
SparseFrame threshold_frame(ImageView<const std::uint16_t> denoised, int frame, int level,
                            std::span<const std::uint32_t> saturated);

// The run-away guard: throws Error where more than `max_fill` of the frame's voxels are at least `level`, naming the
// frame (as `frame_name` says) and the lowest level that at most 1 % of its voxels reach. `passing` = how many are.
void check_fill(std::uint64_t passing, ImageView<const std::uint16_t> denoised, int frame, int level,
                const char* level_key, double max_fill);

}  // namespace dctprep
