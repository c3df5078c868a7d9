// SPDX-License-Identifier: BSD-3-Clause
#include "dctprep/simulate/detector.h"

#include <algorithm>
#include <cmath>

namespace dctprep {

namespace {
std::uint64_t seed_of(const SimulateOptions& options) { return static_cast<std::uint64_t>(options.seed); }

std::uint16_t reading(float counts, float full_well) {
  return static_cast<std::uint16_t>(std::clamp(counts + 0.5f, 0.0f, full_well));
}
}  // namespace

Detector::Detector(const SimulateOptions& options)
    : options_(options), offset_(options.height, options.width), response_(options.height, options.width) {
  // Half of the pattern from column to column, as of amplifiers, half from pixel to pixel.
  const RandomStream pattern(seed_of(options), Purpose::kOffset);
  const RandomStream sensitivity(seed_of(options), Purpose::kResponse);
  const auto share = static_cast<float>(options.offset_pattern / std::sqrt(2.0));
  const auto spread = static_cast<float>(options.response_spread);
  for (int v = 0; v < options.height; ++v) {
    for (int u = 0; u < options.width; ++u) {
      const std::uint64_t pixel =
          static_cast<std::uint64_t>(v) * static_cast<std::uint64_t>(options.width) + static_cast<std::uint64_t>(u);
      const float column = tables_.normal(static_cast<std::uint32_t>(pattern.bits_at(~static_cast<std::uint64_t>(u))));
      const float own = tables_.normal(static_cast<std::uint32_t>(pattern.bits_at(pixel)));
      offset_(v, u) = static_cast<float>(options.offset) + share * (column + own);
      response_(v, u) =
          std::max(0.0f, 1 + spread * tables_.normal(static_cast<std::uint32_t>(sensitivity.bits_at(pixel))));
    }
  }
  RandomStream random(seed_of(options), Purpose::kDefects);
  const double pixels = static_cast<double>(offset_.size());
  const auto add = [&](PixelDefect kind, double share_of_pixels) {
    const auto count = static_cast<std::int64_t>(std::lround(share_of_pixels * pixels));
    for (std::int64_t i = 0; i < count; ++i) {
      Defect defect{random.below(options.height), random.below(options.width), kind, 0};
      // Hot pixels are of all strengths, evenly on a logarithmic scale from 30 to 10000 counts.
      const double draw = random.uniform();
      defect.level =
          static_cast<float>(kind == PixelDefect::kHot ? 30 * std::pow(10000.0 / 30, draw) : options.offset * draw);
      defects_.push_back(defect);
    }
  };
  add(PixelDefect::kHot, options.hot_pixels);
  add(PixelDefect::kDead, options.dead_pixels);
}

void Detector::read_row(const RandomStream& random, int v, const float* photons, std::uint16_t* out) const {
  const auto gain = static_cast<float>(options_.gain);
  const auto readout = static_cast<float>(options_.readout_noise);
  const auto full_well = static_cast<float>(options_.full_well);
  const float* offset = offset_.row(v);
  const float* response = response_.row(v);
  const std::uint64_t first = static_cast<std::uint64_t>(v) * static_cast<std::uint64_t>(options_.width);
  for (int u = 0; u < options_.width; ++u) {
    const std::uint64_t bits = random.bits_at(first + static_cast<std::uint64_t>(u));
    const float z = tables_.normal(static_cast<std::uint32_t>(bits));
    const float mean = photons == nullptr ? 0.0f : photons[u] * response[u];
    float counts = offset[u];
    if (mean >= NoiseTables::kSmallMean) {
      const float of_photons = gain * gain * mean;
      const float variance = of_photons + readout * readout;
      counts += gain * mean + std::sqrt(variance) * z + gain * of_photons / (6 * variance) * (z * z - 1);
    } else {
      counts += readout * z;
      if (mean > 0) counts += gain * static_cast<float>(tables_.small_poisson(mean, mix_bits(bits)));
    }
    out[u] = reading(counts, full_well);
  }
}

void Detector::read_out(Purpose kind, int index, ImageView<const float> photons, ImageView<std::uint16_t> out) const {
  const RandomStream random(seed_of(options_), kind, static_cast<std::uint64_t>(index));
  for (int v = 0; v < options_.height; ++v) read_row(random, v, photons.empty() ? nullptr : photons.row(v), out.row(v));
  const auto full_well = static_cast<float>(options_.full_well);
  const std::uint64_t pixels = offset_.size();
  for (std::size_t i = 0; i < defects_.size(); ++i) {
    const Defect& defect = defects_[i];
    const float z = tables_.normal(static_cast<std::uint32_t>(random.bits_at(pixels + i)));
    std::uint16_t& pixel = out(defect.v, defect.u);
    if (defect.kind == PixelDefect::kHot) {
      pixel = reading(static_cast<float>(pixel) + defect.level + std::sqrt(defect.level) * z, full_well);
    } else {
      pixel = reading(defect.level, full_well);
    }
  }
  for (const Zinger& zinger : zingers(kind, index)) {
    std::uint16_t& pixel = out(zinger.v, zinger.u);
    pixel = reading(static_cast<float>(pixel) + zinger.counts, full_well);
  }
}

double Detector::noise(double photons) const {
  return std::sqrt(options_.gain * options_.gain * photons + options_.readout_noise * options_.readout_noise +
                   1.0 / 12);
}

Image<std::uint8_t> Detector::defects() const {
  Image<std::uint8_t> map(options_.height, options_.width, static_cast<std::uint8_t>(PixelDefect::kNone));
  for (const Defect& defect : defects_) map(defect.v, defect.u) = static_cast<std::uint8_t>(defect.kind);
  return map;
}

std::vector<Zinger> Detector::zingers(Purpose kind, int index) const {
  // A stream for each frame of each kind.
  RandomStream random(seed_of(options_) ^ (static_cast<std::uint64_t>(kind) << 32), Purpose::kZingers,
                      static_cast<std::uint64_t>(index));
  std::vector<Zinger> result;
  const int events = random.poisson(options_.zingers * 1e-6 * static_cast<double>(offset_.size()));
  for (int i = 0; i < events; ++i) {
    Zinger zinger{index, random.below(options_.height), random.below(options_.width), 0};
    zinger.counts = static_cast<float>(-options_.zinger_counts * std::log(random.uniform()));
    // One in three grazes the sensor and leaves a short track.
    const int length = random.uniform() < 1.0 / 3 ? 2 + random.below(3) : 1;
    const int dv = random.below(3) - 1, du = random.below(3) - 1;
    for (int step = 0; step < length; ++step) {
      Zinger part = zinger;
      part.v += step * dv;
      part.u += step * du;
      if (part.v < 0 || part.v >= options_.height || part.u < 0 || part.u >= options_.width) break;
      result.push_back(part);
      if (dv == 0 && du == 0) break;
    }
  }
  return result;
}

}  // namespace dctprep
