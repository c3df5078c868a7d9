// SPDX-License-Identifier: BSD-3-Clause
// Pixel values in units of their noise, as whole numbers: what segmentation compares where segment.unit = "sigma".
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "dctprep/core/noise_model.h"

namespace dctprep {

// The variance of a reading whose mean is `level`, counts^2; no less than rounding to whole counts makes it.
double variance_of_reading(const NoiseModel& model, double level);

// docs/specification.md ("Levels in sigma") defines it to the bit. Immutable.
class NoiseScale {
 public:
  NoiseScale() = default;  // empty
  // `steps` of a standard deviation are counted. The model's numbers are finite.
  NoiseScale(const NoiseModel& model, int steps);
  bool empty() const { return weight_.empty(); }

  // Z of a value F over a background b: F in steps of the standard deviation of readings whose mean is b, rounded, at
  // most 65535.
  std::uint16_t scaled(std::uint16_t value, std::uint16_t background) const {
    const std::uint64_t z = (std::uint64_t{value} * weight_[background] + 0x8000) >> 16;
    return static_cast<std::uint16_t>(z < 65535 ? z : 65535);
  }
  // The least F whose Z over `background` is at least `level`, 1 <= level <= 65535; 65536 or more where none is.
  std::uint32_t least(std::uint16_t background, int level) const;

 private:
  std::vector<std::uint32_t> weight_;  // w(b) = rint(2^16 steps / sigma(b)), one a background
};

// The backgrounds of a row of pixels as their noise is judged by: a bad one (1) takes that of the next good one to its
// left, else to its right, else 0.
void fill_bad_pixels(const std::uint8_t* bad, int width, std::uint16_t* row);

}  // namespace dctprep
