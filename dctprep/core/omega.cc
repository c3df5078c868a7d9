// SPDX-License-Identifier: BSD-3-Clause
#include "dctprep/core/omega.h"

#include <cmath>

namespace dctprep {

OmegaRange omega_range(std::span<const double> omega) {
  if (omega.size() < 2) return {};
  const double range = std::abs(omega.back() - omega.front());
  return {range, range / static_cast<double>(omega.size() - 1)};
}

bool is_full_turn(std::span<const double> omega) {
  if (omega.size() < 3) return false;
  const OmegaRange covered = omega_range(omega);
  if (!std::isfinite(covered.range)) return false;
  return std::abs(covered.turn() - 360.0) <= 0.5 * covered.step;
}

}  // namespace dctprep
