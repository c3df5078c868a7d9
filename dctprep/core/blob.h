// SPDX-License-Identifier: BSD-3-Clause
// Connected voxels, as segmentation makes them and measurement takes them.
#pragma once

#include <cstdint>
#include <vector>

namespace dctprep {

// One voxel of the denoised volume F. `frame` counts on past the last frame in a blob that runs over the seam of a
// wrapped scan.
struct Voxel {
  std::int32_t frame = 0;
  std::uint16_t v = 0;
  std::uint16_t u = 0;
  std::uint16_t value = 0;
  bool saturated = false;  // its raw value reached scan.saturation

  friend bool operator==(const Voxel&, const Voxel&) = default;
};

// A blob as docs/specification.md ("Segmentation") has it, or a part of one (segment.split): unwrapped, not clipped.
struct Blob {
  std::vector<Voxel> voxels;  // in the order of (unwrapped frame, v, u)
  int growth_threshold = 0;   // g
  int level = 0;              // L; above g where the blob was parted from a stronger one
  std::uint32_t seed_volume = 0;
  bool split = false;       // one of several parts
  bool small_seed = false;  // a component of {F >= seed} below min_seed_volume: `voxels` is that component alone
};

}  // namespace dctprep
