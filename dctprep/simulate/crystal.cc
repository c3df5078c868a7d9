// SPDX-License-Identifier: BSD-3-Clause
#include "dctprep/simulate/crystal.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <numbers>
#include <tuple>

#include "dctprep/base/error.h"

namespace dctprep {

namespace {
double cos_deg(double degrees) { return degrees == 90 ? 0 : std::cos(degrees * kDegree); }
double sin_deg(double degrees) { return degrees == 90 ? 1 : std::sin(degrees * kDegree); }

double form_factor(int electrons, double s) { return electrons / (1 + s / (0.2 * std::cbrt(electrons))); }
}  // namespace

double cell_volume(const Cell& cell) {
  const double ca = cos_deg(cell.alpha_deg), cb = cos_deg(cell.beta_deg), cg = cos_deg(cell.gamma_deg);
  const double square = 1 - ca * ca - cb * cb - cg * cg + 2 * ca * cb * cg;
  return square > 0 ? cell.a * cell.b * cell.c * std::sqrt(square) : 0;
}

Mat3 reciprocal_matrix(const Cell& cell) {
  const double volume = cell_volume(cell);
  const double ca = cos_deg(cell.alpha_deg), cb = cos_deg(cell.beta_deg), cg = cos_deg(cell.gamma_deg);
  const double sa = sin_deg(cell.alpha_deg), sb = sin_deg(cell.beta_deg), sg = sin_deg(cell.gamma_deg);
  const double a_star = cell.b * cell.c * sa / volume;
  const double b_star = cell.a * cell.c * sb / volume;
  const double c_star = cell.a * cell.b * sg / volume;
  const double cos_beta_star = (ca * cg - cb) / (sa * sg);
  const double cos_gamma_star = (ca * cb - cg) / (sa * sb);
  const double sin_beta_star = std::sqrt(std::max(0.0, 1 - cos_beta_star * cos_beta_star));
  const double sin_gamma_star = std::sqrt(std::max(0.0, 1 - cos_gamma_star * cos_gamma_star));
  return {{a_star, b_star * cos_gamma_star, c_star * cos_beta_star,   //
           0, b_star * sin_gamma_star, -c_star * sin_beta_star * ca,  //
           0, 0, 1 / cell.c}};
}

bool is_allowed(Centring centring, int h, int k, int l) {
  const auto even = [](int n) { return n % 2 == 0; };
  switch (centring) {
    case Centring::kP:
      return true;
    case Centring::kA:
      return even(k + l);
    case Centring::kB:
      return even(h + l);
    case Centring::kC:
      return even(h + k);
    case Centring::kI:
      return even(h + k + l);
    case Centring::kF:
      return even(h + k) && even(h + l);
    case Centring::kR:
      return (-h + k + l) % 3 == 0;
  }
  return true;
}

int lattice_points(Centring centring) {
  switch (centring) {
    case Centring::kP:
      return 1;
    case Centring::kF:
      return 4;
    case Centring::kR:
      return 3;
    default:
      return 2;
  }
}

std::vector<Reflection> reflections(const SimulateOptions& options, const Cell& cell, double longest) {
  const Mat3 b = reciprocal_matrix(cell);
  // h is the scalar product of g with the cell's edge a, so that |h| <= a |g|.
  const double most_h = std::floor(cell.a * longest);
  const double most_k = std::floor(cell.b * longest);
  const double most_l = std::floor(cell.c * longest);
  const double candidates = (2 * most_h + 1) * (2 * most_k + 1) * (2 * most_l + 1);
  if (!(candidates <= 1e6)) {
    fail_usage(
        "the detector takes in {:.3g} reflections of this cell, more than a million; use a smaller cell, a lower "
        "energy or "
        "a larger distance_mm",
        candidates);
  }
  std::vector<Reflection> result;
  const int nh = static_cast<int>(most_h), nk = static_cast<int>(most_k), nl = static_cast<int>(most_l);
  for (int h = -nh; h <= nh; ++h) {
    for (int k = -nk; k <= nk; ++k) {
      for (int l = -nl; l <= nl; ++l) {
        if ((h == 0 && k == 0 && l == 0) || !is_allowed(options.centring, h, k, l)) continue;
        const Vec3 g = b * Vec3{static_cast<double>(h), static_cast<double>(k), static_cast<double>(l)};
        const double length = norm(g);
        if (length > longest) continue;
        const double s = length / 2;
        const double factor = lattice_points(options.centring) * form_factor(options.atomic_number, s) *
                              std::exp(-options.debye_waller * s * s);
        result.push_back({h, k, l, g, length, factor * factor});
      }
    }
  }
  std::ranges::sort(result, {}, [](const Reflection& r) {
    return std::tuple(std::abs(r.h) + std::abs(r.k) + std::abs(r.l), r.h, r.k, r.l);
  });
  return result;
}

Mat3 random_orientation(RandomStream& random) {
  const double u1 = random.uniform();
  const double a = 2 * std::numbers::pi * random.uniform();
  const double b = 2 * std::numbers::pi * random.uniform();
  const double x = std::sqrt(1 - u1) * std::sin(a), y = std::sqrt(1 - u1) * std::cos(a);
  const double z = std::sqrt(u1) * std::sin(b), w = std::sqrt(u1) * std::cos(b);
  return {{1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w),  //
           2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w),  //
           2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)}};
}

Mat3 random_tilt(RandomStream& random, double sigma) {
  const Vec3 turn{sigma * random.normal(), sigma * random.normal(), sigma * random.normal()};
  const double angle = norm(turn);
  if (angle == 0) return {};
  // Rodrigues' formula.
  const Vec3 n = (1 / angle) * turn;
  const double c = std::cos(angle), s = std::sin(angle), d = 1 - c;
  return {{c + d * n.x * n.x, d * n.x * n.y - s * n.z, d * n.x * n.z + s * n.y,  //
           d * n.x * n.y + s * n.z, c + d * n.y * n.y, d * n.y * n.z - s * n.x,  //
           d * n.x * n.z - s * n.y, d * n.y * n.z + s * n.x, c + d * n.z * n.z}};
}

double wavelength(double energy_kev) { return 12.398419843320026 / energy_kev; }

std::optional<std::array<double, 2>> bragg_angles(Vec3 g, double wavelength) {
  const double across = std::hypot(g.x, g.y);
  const double wanted = wavelength * dot(g, g) / 2;  // |g| sin(theta): how far G must point against the beam
  if (!(wanted < across)) return std::nullopt;
  const double phi = std::atan2(g.y, g.x);
  const double half = std::acos(-wanted / across);
  const double turn = 2 * std::numbers::pi;
  return std::array{std::remainder(-phi + half, turn), std::remainder(-phi - half, turn)};
}

}  // namespace dctprep
