// SPDX-License-Identifier: BSD-3-Clause
#include "dctprep/estimate/beam/surrounding_light.h"

#include <algorithm>
#include <cmath>

#include "dctprep/estimate/ranked.h"

namespace dctprep {

namespace {

// Counts below which rounding hides what a pixel does, pixels that tell, and so many that more tell no better.
constexpr int kLeastCounts = 16;
constexpr std::size_t kLeastPixels = 500, kEnoughPixels = 20000;

}  // namespace

std::vector<double> surrounding_light(const FrameSample& sample, ImageView<const std::uint16_t> median,
                                      ImageView<const std::uint8_t> bad_pixels, const Region& beam, double blur) {
  const int height = median.height(), width = median.width();
  const Region inner = beam.grown(std::max(5, static_cast<int>(std::ceil(4 * blur))), height, width);
  const Region outer = inner.grown(std::max(beam.width(), beam.height()) / 2, height, width);
  std::vector<std::size_t> pixels;
  for (int v = outer.v0; v < outer.v1; ++v) {
    for (int u = outer.u0; u < outer.u1; ++u) {
      if (!inner.contains(v, u) && bad_pixels(v, u) == 0 && median(v, u) >= kLeastCounts)
        pixels.push_back(static_cast<std::size_t>(v) * static_cast<std::size_t>(width) + static_cast<std::size_t>(u));
    }
  }
  if (pixels.size() < kLeastPixels) return {};
  const std::size_t every = std::max<std::size_t>(1, pixels.size() / kEnoughPixels);
  std::vector<double> light, ratios;
  for (const Image<std::uint16_t>& frame : sample.pixels) {
    ratios.clear();
    for (std::size_t i = 0; i < pixels.size(); i += every)
      ratios.push_back(static_cast<double>(frame.data()[pixels[i]]) / median.data()[pixels[i]]);
    // The median of whole counts over whole counts sticks to 1.
    light.push_back(middle_mean(ratios, 4));
  }
  return light;
}

double relative_spread(std::vector<double> values) {
  const double low = ranked(values, 0.25), middle = ranked(values, 0.5), high = ranked(values, 0.75);
  return (high - low) / (2 * middle);
}

}  // namespace dctprep
