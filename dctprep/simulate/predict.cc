// SPDX-License-Identifier: BSD-3-Clause
#include "dctprep/simulate/predict.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <optional>
#include <tuple>

#include "dctprep/base/error.h"
#include "dctprep/simulate/resolve.h"
#include "dctprep/simulate/spots.h"

namespace dctprep {

namespace {

constexpr double kReach = 4;  // of a rocking curve, in standard deviations
constexpr double kGrazing = 0.05;

struct Geometry {
  explicit Geometry(const SimulateOptions& options)
      : o(options),
        pixel(options.pixel_um * 1e-3),
        distance(options.distance_mm.value()),
        lambda(wavelength(options.energy_kev)),
        step(omega_step(options) * kDegree) {
    const double volume = cell_volume(cell_of(options));
    constexpr double kElectronRadius = 2.8179403262e-5;  // angstrom
    const double pixel_angstrom = options.pixel_um * 1e4;
    // Photons a square angstrom and radian of rotation, times the cross section of a cubic angstrom of crystal.
    per_volume = options.spot_strength.value() * options.beam_photons.value() /
                 (pixel_angstrom * pixel_angstrom * step) * kElectronRadius * kElectronRadius * lambda * lambda *
                 lambda / (volume * volume);
  }

  // The longest scattering vector that reaches a corner of the detector from anywhere in the sample.
  double longest_g() const {
    const double across = o.sample_width.value() / 2 + o.sample_offset.value();
    const double reach = pixel * std::hypot(o.width / 2.0 + across, o.height / 2.0 + o.beam_height.value() / 2.0);
    const double two_theta = std::atan2(reach, std::max(1e-3 * distance, distance - across * pixel));
    return 2 * std::sin(two_theta / 2) / lambda;
  }

  Vec3 direction(Vec3 g_lab) const {
    const Vec3 k{1 / lambda + g_lab.x, g_lab.y, g_lab.z};
    return (1 / norm(k)) * k;
  }

  // Whether a ball of `radius` about `centre` (sample frame), seen along `d`, can touch the detector.
  bool hits(Vec3 centre, double radius, double omega, Vec3 d) const {
    if (d.x < 0.02) return false;
    const Vec3 r = rotate_z(omega, centre);
    const double t = (distance - r.x) / d.x;
    const double margin = radius / (d.x * pixel) + 5 * o.psf + 1;
    const double u = middle_u(o) - (r.y + t * d.y) / pixel;
    const double v = middle_v(o) - (r.z + t * d.z) / pixel;
    return u > -margin && u < o.width - 1 + margin && v > -margin && v < o.height - 1 + margin;
  }

  SpotPart part(const Block& block, const SampleShape& shape, const Reflection& reflection, double omega,
                Vec3 d) const {
    SpotPart part{&block, omega, 0, 0, d, 0};
    const double sin_2theta = std::hypot(d.y, d.z);
    const double theta = std::atan2(sin_2theta, d.x) / 2;
    const double sin_eta = std::max(kGrazing, std::abs(d.y) / sin_2theta);
    const double spread = std::hypot(o.mosaic_deg.value() * kDegree, o.bandwidth * std::tan(theta));
    part.centre = (omega / kDegree - o.omega_start) / omega_step(o);
    part.sigma = spread / sin_eta / step;
    const double lorentz = 1 / (sin_2theta * sin_eta);
    const double polarisation = 1 - d.y * d.y;  // the beam's electric field lies along y
    const Vec3 in = rotate_z(-omega, {-1, 0, 0});
    const Vec3 out = rotate_z(-omega, d);
    const double absorbed = shape.absorption * (shape.path(block.centroid, in) + shape.path(block.centroid, out));
    part.photons =
        per_volume * reflection.structure_factor2 * block.volume * 1e21 * lorentz * polarisation * std::exp(-absorbed);
    return part;
  }

  const SimulateOptions& o;
  double pixel, distance, lambda, step, per_volume = 0;
};

std::optional<PredictedSpot> predict(const Geometry& geometry, const Sample& sample, int grain_number,
                                     const Reflection& reflection, int reflection_number, int branch, double omega) {
  const Grain& grain = sample.grains[static_cast<std::size_t>(grain_number)];
  const Vec3 d = geometry.direction(rotate_z(omega, grain.orientation * reflection.g));
  if (!geometry.hits(grain.centroid, grain.radius, omega, d)) return std::nullopt;
  PredictedSpot spot{grain_number,
                     reflection_number,
                     branch,
                     omega,
                     std::atan2(std::hypot(d.y, d.z), d.x),
                     std::atan2(-d.y, d.z),
                     {},
                     0,
                     0,
                     false};
  for (const Block& block : grain.blocks) {
    const Vec3 g = block.orientation * reflection.g;
    const auto angles = bragg_angles(g, geometry.lambda);
    if (!angles) continue;
    const double own =
        omega + std::remainder((*angles)[static_cast<std::size_t>(branch)] - omega, 2 * std::numbers::pi);
    spot.parts.push_back(geometry.part(block, sample.shape, reflection, own, geometry.direction(rotate_z(own, g))));
  }
  if (spot.parts.empty()) return std::nullopt;
  return spot;
}

// Shifts the spot by whole turns to where it lies in the scan; once for each place.
void place(const SimulateOptions& o, const PredictedSpot& spot, std::vector<PredictedSpot>& spots) {
  const int frames = o.frames.value();
  const double turn = 360 / omega_step(o);
  double low = 1e300, high = -1e300;
  for (const SpotPart& part : spot.parts) {
    low = std::min(low, part.centre - kReach * part.sigma);
    high = std::max(high, part.centre + kReach * part.sigma);
  }
  const auto shifted = [&](double turns) {
    PredictedSpot copy = spot;
    copy.omega += turns * 2 * std::numbers::pi;
    for (SpotPart& part : copy.parts) {
      part.centre += turns * turn;
      part.omega += turns * 2 * std::numbers::pi;
    }
    copy.first = static_cast<int>(std::floor(low + turns * turn + 0.5));
    copy.last = static_cast<int>(std::floor(high + turns * turn + 0.5));
    return copy;
  };
  if (is_full_turn(o)) {
    PredictedSpot copy = shifted(-std::floor(std::floor(low + 0.5) / turn));
    copy.last = std::min(copy.last, copy.first + frames - 1);
    spots.push_back(std::move(copy));
    return;
  }
  const double first_turn = std::ceil((-0.5 - high) / turn);
  for (double turns = first_turn; low + turns * turn < frames - 0.5; ++turns) {
    PredictedSpot copy = shifted(turns);
    copy.truncated = copy.first < 0 || copy.last >= frames;
    copy.first = std::max(copy.first, 0);
    copy.last = std::min(copy.last, frames - 1);
    if (copy.first <= copy.last) spots.push_back(std::move(copy));
  }
}

}  // namespace

double SpotPart::share(int frame) const {
  if (frame + 0.5 < centre - kReach * sigma || frame - 0.5 > centre + kReach * sigma) return 0;
  const double scale = 1 / (std::numbers::sqrt2 * sigma);
  return 0.5 * (std::erf((frame + 0.5 - centre) * scale) - std::erf((frame - 0.5 - centre) * scale));
}

Prediction predict_spots(const SimulateOptions& options, const Sample& sample) {
  const Geometry geometry(options);
  Prediction prediction;
  prediction.reflections = reflections(options, cell_of(options), geometry.longest_g());
  const double candidates =
      static_cast<double>(prediction.reflections.size()) * static_cast<double>(sample.grains.size());
  if (candidates * options.subgrains > 3e7) {
    fail_usage(
        "{} reflections of {} grains are more than can be simulated; lower grains or subgrains, or raise distance_mm",
        prediction.reflections.size(), sample.grains.size());
  }
  for (int g = 0; g < static_cast<int>(sample.grains.size()); ++g) {
    for (int r = 0; r < static_cast<int>(prediction.reflections.size()); ++r) {
      const Reflection& reflection = prediction.reflections[static_cast<std::size_t>(r)];
      const auto angles =
          bragg_angles(sample.grains[static_cast<std::size_t>(g)].orientation * reflection.g, geometry.lambda);
      if (!angles) continue;
      for (int branch = 0; branch < 2; ++branch) {
        const auto spot =
            predict(geometry, sample, g, reflection, r, branch, (*angles)[static_cast<std::size_t>(branch)]);
        if (spot) place(options, *spot, prediction.spots);
      }
    }
  }
  std::ranges::sort(prediction.spots, {}, [](const PredictedSpot& s) {
    return std::tuple(s.first, s.last, s.grain, s.reflection, s.branch);
  });
  return prediction;
}

}  // namespace dctprep
