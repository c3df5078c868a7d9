// SPDX-License-Identifier: BSD-3-Clause
#include "dctprep/simulate/illumination.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "dctprep/simulate/random.h"
#include "dctprep/simulate/resolve.h"

namespace dctprep {

namespace {

constexpr int kSub = 4;  // samples a pixel across the shadow

// How much of the interval [low, high] reaches pixel `at` through a blur of `sigma`.
float coverage(double at, double low, double high, double sigma) {
  if (sigma < 0.05) return static_cast<float>(std::max(0.0, std::min(high, at + 0.5) - std::max(low, at - 0.5)));
  const auto step = [&](double edge) { return 0.5 * std::erf((at - edge) / (std::numbers::sqrt2 * sigma)); };
  return static_cast<float>(step(low) - step(high));
}

std::vector<float> profile(int size, double low, double high, double sigma) {
  std::vector<float> result(static_cast<std::size_t>(size));
  for (int i = 0; i < size; ++i) result[static_cast<std::size_t>(i)] = coverage(i, low, high, sigma);
  return result;
}

}  // namespace

std::vector<float> beam_factors(const SimulateOptions& options) {
  const int frames = options.frames.value();
  const int refills = options.refills.value();
  RandomStream random(static_cast<std::uint64_t>(options.seed), Purpose::kFlicker);
  std::vector<float> factors(static_cast<std::size_t>(frames));
  for (int k = 0; k < frames; ++k) {
    const double done = (k + 0.5) / frames;
    const double periods = refills > 0 ? 0.35 + done * refills : done;
    const double level = std::pow(1 - options.beam_decay.value(), periods - std::floor(periods));
    factors[static_cast<std::size_t>(k)] =
        static_cast<float>(std::max(0.01, level * (1 + options.flicker.value() * random.normal())));
  }
  std::vector<float> sorted = factors;
  std::ranges::nth_element(sorted, sorted.begin() + frames / 2);
  const float median = sorted[static_cast<std::size_t>(frames / 2)];
  for (float& factor : factors) factor /= median;
  RandomStream shutter(static_cast<std::uint64_t>(options.seed), Purpose::kShutter);
  for (int shut = 0; shut < options.no_beam_frames;) {
    float& factor = factors[static_cast<std::size_t>(shutter.below(frames))];
    shut += factor != 0;
    factor = 0;
  }
  return factors;
}

Illumination::Illumination(const SimulateOptions& options, const SampleShape& shape)
    : options_(options), shape_(shape), glow_(options.height, options.width) {
  const Region beam = beam_region(options);
  beam_u_ = profile(options.width, beam.u0 - 0.5, beam.u1 - 0.5, options.psf);
  beam_v_ = profile(options.height, beam.v0 - 0.5, beam.v1 - 0.5, options.psf);
  const double half = options.sample_height.value() / 2;
  shade_v_ = profile(options.height, middle_v(options) - half, middle_v(options) + half, options.psf);
  if (options.sample_height.value() >= options.beam_height.value()) std::ranges::fill(shade_v_, 1.0f);
  for (int v = 0; v < options.height; ++v) {
    const double dv = std::max({0, beam.v0 - v, v - (beam.v1 - 1)});
    for (int u = 0; u < options.width; ++u) {
      const double du = std::max({0, beam.u0 - u, u - (beam.u1 - 1)});
      const double r2 = (du * du + dv * dv) / (options.glow_radius.value() * options.glow_radius.value());
      glow_(v, u) =
          static_cast<float>(options.beam_photons.value() * (options.glow.value() / (1 + r2) + options.glow_floor));
    }
  }
}

std::vector<float> Illumination::blurred(const std::vector<double>& fine) const {
  const double sigma = options_.psf * kSub;
  const int reach = static_cast<int>(std::ceil(4 * sigma));
  std::vector<double> kernel;
  double sum = 0;
  for (int i = -reach; i <= reach; ++i) {
    kernel.push_back(sigma > 0 ? std::exp(-0.5 * i * i / (sigma * sigma)) : 1);
    sum += kernel.back();
  }
  const int size = static_cast<int>(fine.size());
  std::vector<float> columns(static_cast<std::size_t>(options_.width));
  for (int at = 0; at < size; ++at) {
    double value = 0;
    if (fine[static_cast<std::size_t>(at)] == 0 && reach == 0) continue;
    for (int i = std::max(-reach, -at); i <= std::min(reach, size - 1 - at); ++i) {
      value += kernel[static_cast<std::size_t>(i + reach)] * fine[static_cast<std::size_t>(at + i)];
    }
    columns[static_cast<std::size_t>(at / kSub)] += static_cast<float>(value / sum / kSub);
  }
  return columns;
}

std::vector<float> Illumination::shade(double omega) const {
  const Region beam = beam_region(options_);
  const double pixel = options_.pixel_um * 1e-3;
  std::vector<double> fine(static_cast<std::size_t>(options_.width) * kSub);
  for (int at = beam.u0 * kSub; at < beam.u1 * kSub; ++at) {
    const double u = (at + 0.5) / kSub - 0.5;
    const double y = -(u - middle_u(options_)) * pixel;
    fine[static_cast<std::size_t>(at)] = 1 - std::exp(-shape_.absorption * shape_.chord(y, omega));
  }
  return blurred(fine);
}

void Illumination::expose(float factor, std::optional<double> omega, ImageView<float> photons) const {
  const std::vector<float> shadow = omega ? shade(*omega) : std::vector<float>(beam_u_.size(), 0.0f);
  const Region beam =
      beam_region(options_).grown(static_cast<int>(std::ceil(5 * options_.psf)), options_.height, options_.width);
  const float level = factor * static_cast<float>(options_.beam_photons.value());
  for (int v = 0; v < options_.height; ++v) {
    float* row = photons.row(v);
    const float* glow = glow_.row(v);
    for (int u = 0; u < options_.width; ++u) row[u] = factor * glow[u];
    if (v < beam.v0 || v >= beam.v1) continue;
    const float here = level * beam_v_[static_cast<std::size_t>(v)];
    for (int u = beam.u0; u < beam.u1; ++u) {
      const auto i = static_cast<std::size_t>(u);
      row[u] += std::max(0.0f, here * (beam_u_[i] - shade_v_[static_cast<std::size_t>(v)] * shadow[i]));
    }
  }
}

float Illumination::photons_at(int v, int u) const {
  return glow_(v, u) + static_cast<float>(options_.beam_photons.value()) * beam_v_[static_cast<std::size_t>(v)] *
                           beam_u_[static_cast<std::size_t>(u)];
}

}  // namespace dctprep
