// SPDX-License-Identifier: BSD-3-Clause
// What the rotation angles of a scan make together.
#pragma once

#include <span>

namespace dctprep {

// |omega[D-1] - omega[0]|, the step |omega[D-1] - omega[0]| / (D-1), and their sum: the turn that the D frames cover,
// in degrees. All 0 where there are fewer than two angles.
struct OmegaRange {
  double range = 0;
  double step = 0;
  double turn() const { return range + step; }
};
OmegaRange omega_range(std::span<const double> omega);

// Whether the last frame is followed by the first, as stage 6 words it: D >= 3, and the turn is 360 degrees to within
// half a step. False where angles are not finite.
bool is_full_turn(std::span<const double> omega);

}  // namespace dctprep
