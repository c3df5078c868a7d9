// SPDX-License-Identifier: BSD-3-Clause
#include "dctprep/measure/noise_fit.h"

#include <algorithm>
#include <bit>
#include <cmath>

namespace dctprep {

namespace {

constexpr std::uint64_t kLeastSamples = 100;              // of a bin
constexpr double kQuartileDistance = 1.3489795003921634;  // of a normal distribution, in standard deviations
constexpr double kRounding = 1.0 / 12;                    // the variance of rounding to whole counts
// Corrected pixels are cut at 0: where more than a fortieth of them may be, the bin tells less noise than there is.
constexpr double kFromZero = 2;

// A quarter of an octave of the sum of two readings; sums below 4 stand alone.
std::size_t bin_of(std::uint32_t sum) {
  if (sum < 4) return 1 + sum;
  const int octave = std::bit_width(sum) - 1;
  return 1 + 4 * static_cast<std::size_t>(octave - 1) + ((sum >> (octave - 2)) & 3);
}

// Where `share` of the counts lie below, each value spread evenly over [x - 1/2, x + 1/2].
double quantile(std::span<const std::uint32_t> counts, std::uint64_t total, double share, int first) {
  const double wanted = share * static_cast<double>(total);
  double below = 0;
  for (std::size_t i = 0; i < counts.size(); ++i) {
    const auto here = static_cast<double>(counts[i]);
    if (here > 0 && below + here >= wanted) return first + static_cast<double>(i) - 0.5 + (wanted - below) / here;
    below += here;
  }
  return 0;
}

}  // namespace

NoiseSamples::NoiseSamples() : differences_(kBins * (2 * kFar + 1), 0), sums_(kBins, 0) {}

void NoiseSamples::count(std::size_t bin, std::int32_t difference) {
  ++differences_[bin * (2 * kFar + 1) + static_cast<std::size_t>(std::clamp(difference, -kFar, kFar) + kFar)];
}

void NoiseSamples::add(std::uint16_t first, std::uint16_t second) {
  const std::uint32_t sum = std::uint32_t{first} + second;
  const std::size_t bin = bin_of(sum);
  sums_[bin] += sum;
  count(bin, std::int32_t{second} - std::int32_t{first});
}

void NoiseSamples::merge(const NoiseSamples& other) {
  for (std::size_t i = 0; i < differences_.size(); ++i) differences_[i] += other.differences_[i];
  for (std::size_t i = 0; i < sums_.size(); ++i) sums_[i] += other.sums_[i];
}

NoiseModel NoiseSamples::fit() const {
  NoiseModel model;
  for (std::size_t bin = 0; bin < kBins; ++bin) {
    const std::span<const std::uint32_t> counts(differences_.data() + bin * (2 * kFar + 1), 2 * kFar + 1);
    std::uint64_t total = 0;
    for (const std::uint32_t count : counts) total += count;
    if (total < kLeastSamples) continue;
    const double width =
        (quantile(counts, total, 0.75, -kFar) - quantile(counts, total, 0.25, -kFar)) / kQuartileDistance;
    // A difference scatters twice as much as a reading, and spreading it over a count adds to that.
    const double variance = std::max(kRounding, (width * width - kRounding) / 2);
    const double level = static_cast<double>(sums_[bin]) / (2.0 * static_cast<double>(total));
    if (bin > 0 && level < kFromZero * std::sqrt(variance)) continue;
    model.level.push_back(level);
    model.variance.push_back(variance);
    model.samples.push_back(total);
  }
  if (model.level.empty()) return model;
  // Least squares with weights samples / variance^2: what a variance so measured is good for.
  double w = 0, wx = 0, wy = 0, wxx = 0, wxy = 0;
  for (std::size_t i = 0; i < model.level.size(); ++i) {
    const double x = model.level[i], y = model.variance[i];
    const double weight = static_cast<double>(model.samples[i]) / (y * y);
    w += weight;
    wx += weight * x;
    wy += weight * y;
    wxx += weight * x * x;
    wxy += weight * x * y;
  }
  const double determinant = w * wxx - wx * wx;
  const bool sloped = model.level.size() > 1 && determinant > 1e-9 * w * wxx;
  model.gain = sloped ? (w * wxy - wx * wy) / determinant : 0.0;
  model.readout_variance = sloped ? (wxx * wy - wx * wxy) / determinant : wy / w;
  if (model.gain < 0) {
    model.gain = 0;
    model.readout_variance = wy / w;
  } else if (model.readout_variance < kRounding) {
    model.readout_variance = kRounding;
    model.gain = wxx > 0 ? std::max(0.0, (wxy - kRounding * wx) / wxx) : 0.0;
  }
  return model;
}

}  // namespace dctprep
