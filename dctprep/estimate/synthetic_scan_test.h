// SPDX-License-Identifier: BSD-3-Clause
// A scan computed frame by frame, for tests: a rectangular beam with a shadow, glow, noise, hot pixels and spots.
#pragma once

#include <algorithm>
#include <cmath>
#include <memory>
#include <numbers>
#include <optional>
#include <random>
#include <vector>

#include "dctprep/core/scan.h"

namespace dctprep::testing {

struct SyntheticSpot {
  double frame = 0, v = 0, u = 0, sigma_frame = 1, sigma = 2, peak = 200;
};

struct SyntheticOptions {
  int frames = 400, height = 200, width = 260, seed = 1;
  Region beam{90, 80, 170, 130};
  double beam_counts = 5000;  // 0: no beam
  double blur = 0.7;
  double sample_width = 40, sample_offset = 4, transmission = 0.5;  // offset: the sample goes round
  double glow = 150, glow_radius = 30, floor = 20;
  double readout = 3, gain = 1;
  double flicker = 0.01;
  double offset = 100;
  int hot_pixels = 30;
  int zingers = 2;  // a frame
  int spots = 0;
  double spot_peak = 200, spot_frames = 1;
  double spot_sigma = 0;    // pixels; 0: drawn, 1.2 ... 3.2
  int beam_off = 0;         // frames in which the beam is off, spread over the scan
  double tilt_degrees = 0;  // of the beam
  int beam_jump = 0;        // columns by which it jumps in the middle of the scan
  bool darks = true, flats = true;
};

class SyntheticSource final : public FrameSource {
 public:
  enum class Kind { kSample, kDark, kFlat };
  SyntheticSource(const SyntheticOptions& o, Kind kind) : o_(o), kind_(kind) {
    std::mt19937_64 random(static_cast<std::uint64_t>(o.seed) * 7919);
    std::uniform_real_distribution<double> unit(0, 1);
    for (int i = 0; i < o.hot_pixels; ++i) {
      const auto at = static_cast<std::size_t>(unit(random) * o.height * o.width);
      hot_.emplace_back(at, 500 + 8000 * unit(random));
    }
    for (int i = 0; i < o.spots; ++i) {
      spots_.push_back({unit(random) * o.frames, unit(random) * o.height, unit(random) * o.width, o.spot_frames,
                        o.spot_sigma > 0 ? o.spot_sigma : 1.2 + 2 * unit(random),
                        o.spot_peak * (0.2 + 2 * unit(random))});
    }
  }

  int frames() const override { return kind_ == Kind::kSample ? o_.frames : 9; }
  int height() const override { return o_.height; }
  int width() const override { return o_.width; }
  int type_max() const override { return 65535; }
  std::string frame_name(int k) const override { return "frame " + std::to_string(k); }
  const std::vector<SyntheticSpot>& spots() const { return spots_; }

  std::optional<FrameFault> read(int k, ImageView<std::uint16_t> out, ImageView<std::uint8_t> = {},
                                 PixelChanges* = nullptr) const override {
    std::mt19937_64 random((static_cast<std::uint64_t>(o_.seed) << 32) + static_cast<std::uint64_t>(k) * 4 +
                           static_cast<std::uint64_t>(kind_));
    std::normal_distribution<float> normal;
    const double factor =
        kind_ == Kind::kDark || off(k) ? 0 : std::max(0.1, 1 + o_.flicker * static_cast<double>(normal(random)));
    std::vector<double> light(out.size());
    for (int v = 0; v < o_.height; ++v) {
      for (int u = 0; u < o_.width; ++u) light[at(v, u)] = factor * light_at(k, v, u);
    }
    if (kind_ == Kind::kSample && factor > 0) {
      for (const SyntheticSpot& spot : spots_) add(spot, k, light);
    }
    for (const auto& [where, counts] : hot_) light[where] += counts;
    for (std::size_t i = 0; i < light.size(); ++i) {
      const double sigma = std::sqrt(o_.readout * o_.readout + o_.gain * light[i]);
      const double counts = o_.offset + light[i] + sigma * static_cast<double>(normal(random));
      out.pixels()[i] = static_cast<std::uint16_t>(std::clamp(std::lround(counts), 0L, 65535L));
    }
    std::uniform_int_distribution<std::size_t> anywhere(0, light.size() - 1);
    for (int i = 0; i < o_.zingers && kind_ == Kind::kSample; ++i) out.pixels()[anywhere(random)] = 5000;
    return {};
  }

  // Standard deviation of a pixel's noise, without spots.
  double sigma_at(int v, int u) const { return std::sqrt(o_.readout * o_.readout + o_.gain * light_at(0, v, u)); }

 private:
  std::size_t at(int v, int u) const {
    return static_cast<std::size_t>(v) * static_cast<std::size_t>(o_.width) + static_cast<std::size_t>(u);
  }
  bool off(int k) const {
    return o_.beam_off > 0 && kind_ == Kind::kSample && (k * o_.beam_off) % o_.frames < o_.beam_off;
  }

  static double step(double x, double blur) { return 0.5 * (1 + std::erf(x / (std::numbers::sqrt2 * blur))); }

  double light_at(int k, int v, int u) const {
    const int jump = kind_ == Kind::kSample && 2 * k >= o_.frames ? o_.beam_jump : 0;
    const double middle_u = (o_.beam.u0 + o_.beam.u1 - 1) / 2.0 + jump;
    const double middle_v = (o_.beam.v0 + o_.beam.v1 - 1) / 2.0;
    const double angle = o_.tilt_degrees * std::numbers::pi / 180;
    const double du = (u - middle_u) * std::cos(angle) + (v - middle_v) * std::sin(angle);
    const double dv = (v - middle_v) * std::cos(angle) - (u - middle_u) * std::sin(angle);
    const double out_u = std::max(0.0, std::abs(du) - o_.beam.width() / 2.0);
    const double out_v = std::max(0.0, std::abs(dv) - o_.beam.height() / 2.0);
    const double r2 = (out_u * out_u + out_v * out_v) / (o_.glow_radius * o_.glow_radius);
    double light = o_.floor + (o_.beam_counts > 0 ? o_.glow / (1 + r2) : 0.0);
    double beam = o_.beam_counts * step(o_.beam.width() / 2.0 - std::abs(du), o_.blur) *
                  step(o_.beam.height() / 2.0 - std::abs(dv), o_.blur);
    if (kind_ == Kind::kSample && o_.sample_width > 0) {
      const double centre = o_.sample_offset * std::cos(2 * std::numbers::pi * k / o_.frames);
      const double x = (du - centre) / (o_.sample_width / 2);
      if (std::abs(x) < 1) beam *= std::pow(o_.transmission, std::sqrt(1 - x * x));
    }
    return light + beam;
  }

  void add(const SyntheticSpot& spot, int k, std::vector<double>& light) const {
    double dk = std::abs(k - spot.frame);
    dk = std::min(dk, o_.frames - dk);
    if (dk > 4 * spot.sigma_frame + 1) return;
    const double peak = spot.peak * std::exp(-0.5 * dk * dk / (spot.sigma_frame * spot.sigma_frame));
    const int reach = static_cast<int>(4 * spot.sigma) + 1;
    for (int v = std::max(0, static_cast<int>(spot.v) - reach);
         v < std::min(o_.height, static_cast<int>(spot.v) + reach); ++v) {
      for (int u = std::max(0, static_cast<int>(spot.u) - reach);
           u < std::min(o_.width, static_cast<int>(spot.u) + reach); ++u) {
        const double r2 = (v - spot.v) * (v - spot.v) + (u - spot.u) * (u - spot.u);
        light[at(v, u)] += peak * std::exp(-0.5 * r2 / (spot.sigma * spot.sigma));
      }
    }
  }

  SyntheticOptions o_;
  Kind kind_;
  std::vector<std::pair<std::size_t, double>> hot_;
  std::vector<SyntheticSpot> spots_;
};

inline Scan synthetic_scan(const SyntheticOptions& o) {
  using Kind = SyntheticSource::Kind;
  Scan scan;
  scan.name = "synthetic";
  scan.frames = std::make_shared<SyntheticSource>(o, Kind::kSample);
  if (o.darks) scan.darks = std::make_shared<SyntheticSource>(o, Kind::kDark);
  if (o.flats) scan.flats = std::make_shared<SyntheticSource>(o, Kind::kFlat);
  scan.dark_path = o.darks ? "/data/scan.h5::/dark" : "none";
  scan.flat_path = o.flats ? "/data/scan.h5::/flat" : "none";
  scan.omega_step = 360.0 / o.frames;
  for (int k = 0; k < o.frames; ++k) scan.omega.push_back(k * scan.omega_step);
  scan.bad_pixels = Image<std::uint8_t>(o.height, o.width, 0);
  return scan;
}

}  // namespace dctprep::testing
