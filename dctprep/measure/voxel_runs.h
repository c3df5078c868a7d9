// SPDX-License-Identifier: BSD-3-Clause
// A blob's voxels as runs along u with their sums, from which all but its image is measured.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "dctprep/core/blob.h"

namespace dctprep {

// Columns u ... u + size - 1 of row v: voxels first ... first + size - 1 of the blob.
struct VoxelRun {
  std::int32_t frame = 0;
  std::int32_t v = 0, u = 0;
  std::int32_t size = 0;
  std::size_t first = 0;
  // Sums of F, F i and F i^2 over the run's voxels i = 0, 1, ...: at most 2^16 of them below 2^16, so that none
  // overflows.
  std::uint64_t sum = 0, first_moment = 0, second_moment = 0;
  std::uint16_t max_value = 0;
  bool saturated = false;  // one of them is
};

// `voxels` in the order of linear index.
std::vector<VoxelRun> runs_of(std::span<const Voxel> voxels);

}  // namespace dctprep
