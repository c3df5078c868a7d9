// SPDX-License-Identifier: BSD-3-Clause
// How much the readings of a pixel scatter.
#pragma once

#include <cstdint>
#include <limits>
#include <vector>

namespace dctprep {

// The variance of a corrected pixel J' that reads x counts on average is readout_variance + gain x (photons follow
// Poisson's law, each of `gain` counts; Janesick, Photon Transfer, SPIE 2007). NaN where the scan does not tell.
struct NoiseModel {
  double readout_variance = std::numeric_limits<double>::quiet_NaN();  // counts^2, of rounding too
  double gain = std::numeric_limits<double>::quiet_NaN();              // counts a photon
  // What it was fitted to.
  std::vector<double> level, variance;  // counts, counts^2
  std::vector<std::uint64_t> samples;
};

}  // namespace dctprep
