#include "dctprep/estimate/surrounding_light.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace dctprep {

namespace {

// Counts below which rounding hides what a pixel does, pixels that tell, and so many that more tell no better.
constexpr int kLeastCounts = 16;
constexpr std::size_t kLeastPixels = 500, kEnoughPixels = 20000;

double quantile(std::vector<double>& values, double share) {
  const auto at = values.begin() + static_cast<std::ptrdiff_t>(share * static_cast<double>(values.size() - 1));
  std::nth_element(values.begin(), at, values.end());
  return *at;
}

// Mean of the middle half, which spots hardly move. (The median of whole counts over whole counts sticks to 1.)
double middle_mean(std::vector<double>& values) {
  const auto quarter = static_cast<std::ptrdiff_t>(values.size() / 4);
  const auto begin = values.begin() + quarter, end = values.end() - quarter;
  std::nth_element(values.begin(), begin, values.end());
  std::nth_element(begin, end - 1, values.end());
  return std::accumulate(begin, end, 0.0) / static_cast<double>(end - begin);
}

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
    light.push_back(middle_mean(ratios));
  }
  return light;
}

double relative_spread(std::vector<double> values) {
  const double low = quantile(values, 0.25), middle = quantile(values, 0.5), high = quantile(values, 0.75);
  return (high - low) / (2 * middle);
}

}  // namespace dctprep
