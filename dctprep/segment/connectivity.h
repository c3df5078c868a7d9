// SPDX-License-Identifier: BSD-3-Clause
// Which voxels are neighbours.
#pragma once

namespace dctprep {

// How far along u a voxel's neighbours lie in the row `dframe` frames and `dv` rows away (each -1, 0 or 1; not both 0):
// 0 straight across, 1 diagonally too, -1 none. The neighbours along its own row are u - 1 and u + 1 always. 6: one
// coordinate differs; 18: at most two; 26: any.
constexpr int reach_along_u(int connectivity, int dframe, int dv) {
  const int differing = (dframe != 0) + (dv != 0);
  if (connectivity == 26) return 1;
  if (connectivity == 18) return differing == 2 ? 0 : 1;
  return differing == 1 ? 0 : -1;
}

}  // namespace dctprep
