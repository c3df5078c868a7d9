// SPDX-License-Identifier: BSD-3-Clause
#include "dctprep/core/noise_scale.h"

#include <algorithm>
#include <cmath>

namespace dctprep {

namespace {
constexpr std::size_t kValues = 65536;
constexpr double kLeastVariance = 1.0 / 12;  // that of rounding to whole counts
}  // namespace

double variance_of_reading(const NoiseModel& model, double level) {
  return std::max(kLeastVariance, model.readout_variance + model.gain * level);
}

NoiseScale::NoiseScale(const NoiseModel& model, int steps) : weight_(kValues) {
  for (std::size_t b = 0; b < kValues; ++b) {
    const double variance = variance_of_reading(model, static_cast<double>(b));
    // At least 1, for otherwise nothing would pass at all.
    weight_[b] = static_cast<std::uint32_t>(std::max(1.0, std::nearbyint(65536.0 * steps / std::sqrt(variance))));
  }
}

std::uint32_t NoiseScale::least(std::uint16_t background, int level) const {
  // The least F with F w + 2^15 >= level 2^16; beyond 2^32 - 1 for no weight there is.
  const std::uint64_t weight = weight_[background];
  const std::uint64_t wanted = (static_cast<std::uint64_t>(level) << 16) - 0x8000;
  return static_cast<std::uint32_t>((wanted + weight - 1) / weight);
}

void fill_bad_pixels(const std::uint8_t* bad, int width, std::uint16_t* row) {
  int good = 0;
  while (good < width && bad[good] != 0) ++good;
  std::uint16_t last = good < width ? row[good] : std::uint16_t{0};
  for (int u = 0; u < width; ++u) {
    if (bad[u] == 0)
      last = row[u];
    else
      row[u] = last;
  }
}

}  // namespace dctprep
