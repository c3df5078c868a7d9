// SPDX-License-Identifier: BSD-3-Clause
#include "dctprep/core/omega.h"

#include <algorithm>
#include <cmath>

namespace dctprep {

double usual_step(std::span<const double> omega) {
  std::vector<double> steps;
  for (std::size_t k = 1; k < omega.size(); ++k) steps.push_back(std::abs(omega[k] - omega[k - 1]));
  if (steps.empty()) return 0;
  const auto middle = steps.begin() + static_cast<std::ptrdiff_t>(steps.size() / 2);
  std::nth_element(steps.begin(), middle, steps.end());
  return *middle;
}

std::vector<Sweep> steady_sweeps(std::span<const double> omega) {
  const int frames = static_cast<int>(omega.size());
  std::vector<Sweep> sweeps{{0, std::max(0, frames - 1)}};
  if (frames < 3 || !is_known(omega)) return sweeps;
  const double usual = usual_step(omega);
  int direction = 0;  // of the sweep so far; 0 at its start
  for (int k = 1; k < frames; ++k) {
    const double step = omega[static_cast<std::size_t>(k)] - omega[static_cast<std::size_t>(k - 1)];
    const int sign = step > 0 ? 1 : step < 0 ? -1 : 0;
    const bool steady = std::abs(std::abs(step) - usual) <= 0.5 * usual && (direction == 0 || sign == direction);
    if (steady) {
      direction = sign;
      continue;
    }
    sweeps.back().last = k - 1;
    sweeps.push_back({k, frames - 1});
    direction = 0;
  }
  return sweeps;
}

std::vector<Sweep> whole_turns(std::span<const double> omega) {
  if (omega.size() < 3 || !is_known(omega) || steady_sweeps(omega).size() > 1) return {};
  const OmegaRange covered = omega_range(omega);
  const int turns = static_cast<int>(std::lround(std::min(covered.turn() / 360, 1e6)));
  // A frame that repeats the first angle after the last turn belongs to none.
  const double beyond = covered.turn() - 360.0 * turns;
  if (turns < 2 || beyond < -0.5 * covered.step || beyond > 1.5 * covered.step) return {};
  std::vector<Sweep> found(static_cast<std::size_t>(turns), Sweep{-1, -2});
  for (std::size_t k = 0; k < omega.size(); ++k) {
    const double turn = std::floor((std::abs(omega[k] - omega[0]) + 0.5 * covered.step) / 360);
    if (turn >= turns) break;
    Sweep& one = found[static_cast<std::size_t>(turn)];
    if (one.first < 0) one.first = static_cast<int>(k);
    one.last = static_cast<int>(k);
  }
  const bool empty = std::any_of(found.begin(), found.end(), [](const Sweep& one) { return one.first < 0; });
  return empty ? std::vector<Sweep>() : found;
}

OmegaRange omega_range(std::span<const double> omega) {
  if (omega.size() < 2) return {};
  const double range = std::abs(omega.back() - omega.front());
  return {range, range / static_cast<double>(omega.size() - 1)};
}

bool is_full_turn(std::span<const double> omega) {
  if (omega.size() < 3 || !is_known(omega)) return false;
  const OmegaRange covered = omega_range(omega);
  return std::abs(covered.turn() - 360.0) <= 0.5 * covered.step;
}

bool is_known(std::span<const double> omega) {
  return std::all_of(omega.begin(), omega.end(), [](double angle) { return std::isfinite(angle); });
}

}  // namespace dctprep
