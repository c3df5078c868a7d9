// SPDX-License-Identifier: BSD-3-Clause
#include "dctprep/read/angle_list.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <cmath>
#include <fmt/format.h>
#include <numbers>
#include <numeric>
#include <string_view>
#include <utility>

namespace dctprep {

namespace {

constexpr double kDegreesPerRadian = 180 / std::numbers::pi;
constexpr double kTurn = 360;
// Those of a steady sweep differ this much (dctprep/core/omega.h).
constexpr double kSteadyTolerance = 0.5;
// Passes of an interlaced scan lie this regularly between each other, in parts of the step.
constexpr double kInterlaceTolerance = 0.1;

// Undoes jumps of whole turns that lead to where the next step would: what a list modulo 360, or from -180 to 180, has.
// Frames without an angle are stepped over.
void unwrap(std::vector<double>& angles) {
  std::vector<double> known;
  for (const double angle : angles) {
    if (!std::isnan(angle)) known.push_back(angle);
  }
  const double step = usual_step(known);
  double shift = 0;
  std::size_t last = 0;
  for (std::size_t k = 1; k < angles.size(); ++k) {
    if (std::isnan(angles[k])) continue;
    if (!std::isnan(angles[last])) {
      const double jump = angles[k] + shift - angles[last];
      const double turns = std::round(jump / kTurn);
      const double rest = std::abs(jump - kTurn * turns) / static_cast<double>(k - last);
      if (turns != 0 && std::abs(rest - step) <= 0.5 * step) shift -= kTurn * turns;
    }
    angles[k] += shift;
    last = k;
  }
}

// Puts missing angles on the line through their neighbours, or through the nearest two at the ends.
void interpolate(std::vector<double>& angles) {
  std::vector<std::size_t> known;
  for (std::size_t k = 0; k < angles.size(); ++k) {
    if (!std::isnan(angles[k])) known.push_back(k);
  }
  if (known.size() < 2) return;
  for (std::size_t k = 0; k < angles.size(); ++k) {
    if (!std::isnan(angles[k])) continue;
    const auto after = std::clamp<std::ptrdiff_t>(std::lower_bound(known.begin(), known.end(), k) - known.begin(), 1,
                                                  static_cast<std::ptrdiff_t>(known.size()) - 1);
    const std::size_t a = known[static_cast<std::size_t>(after - 1)], b = known[static_cast<std::size_t>(after)];
    const double slope = (angles[b] - angles[a]) / static_cast<double>(b - a);
    angles[k] = angles[a] + slope * (static_cast<double>(k) - static_cast<double>(a));
  }
}

// Whether angles in order are spaced evenly, to `tolerance` of their usual step: to a half, they are one steady sweep.
bool is_even(const std::vector<double>& angles, double tolerance) {
  const double step = usual_step(angles);
  for (std::size_t k = 1; k < angles.size(); ++k) {
    if (!(std::abs(std::abs(angles[k] - angles[k - 1]) - step) <= tolerance * step)) return false;
  }
  return step != 0;
}

// Puts the frames of interlaced passes in order of `angles`, in the direction of the first pass.
bool sort_evenly(std::vector<double> angles, double direction, double tolerance, AngleVerdict& verdict) {
  std::vector<int> order(angles.size());
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(), [&](int a, int b) {
    return direction * angles[static_cast<std::size_t>(a)] < direction * angles[static_cast<std::size_t>(b)];
  });
  std::vector<double> sorted;
  for (const int k : order) sorted.push_back(angles[static_cast<std::size_t>(k)]);
  if (!is_even(sorted, tolerance)) return false;
  verdict.by_omega = std::move(order);
  verdict.sorted = std::move(sorted);
  return true;
}

void find_order(AngleVerdict& verdict) {
  const std::vector<double>& omega = verdict.omega;
  const auto [low, high] = std::minmax_element(omega.begin(), omega.end());
  const double direction = omega[1] < omega[0] ? -1 : 1;
  const double step = usual_step(omega);
  if (verdict.sweeps.size() > 1 && sort_evenly(omega, direction, kSteadyTolerance, verdict)) return;
  // Each pass a turn of its own, or more: between the angles of the first, modulo 360.
  if (*high - *low < kTurn) return;
  std::vector<double> within;
  for (const double angle : omega) {
    // What a whole turn later differs from the first angle by rounding alone must not become a turn less.
    const double turns = std::floor((direction * (angle - omega[0]) + 1e-6 * step) / kTurn);
    within.push_back(angle - direction * kTurn * turns);
  }
  sort_evenly(within, direction, kInterlaceTolerance, verdict);
}

std::string describe_step(const std::vector<double>& omega, int k) {
  const auto at = static_cast<std::size_t>(k);
  return fmt::format("{:.6g} after {:.6g} at frame {}, where the usual step is {:.6g}", omega[at], omega[at - 1], k,
                     usual_step(omega));
}

std::string fault_of(const std::vector<double>& angles, const std::vector<std::uint8_t>& absent) {
  std::vector<double> known;
  std::size_t bad = 0, missing = 0, first = 0;
  for (std::size_t k = 0; k < angles.size(); ++k) {
    if (std::isfinite(angles[k])) {
      known.push_back(angles[k]);
    } else if (absent.empty() || absent[k] == 0 || !std::isnan(angles[k])) {
      missing += std::isnan(angles[k]) ? 1 : 0;
      if (bad++ == 0) first = k;
    }
  }
  if (bad > 0) {
    if (!absent.empty() && missing == bad) {
      return fmt::format("{} of {} frames {} no value of it, the first is frame {}", bad, angles.size(),
                         bad == 1 ? "has" : "have", first);
    }
    return fmt::format("{} of {} values {} not finite, the first at frame {}", bad, angles.size(),
                       bad == 1 ? "is" : "are", first);
  }
  if (known.empty() || (known.size() == 1 && angles.size() > 1)) return "it has no values";
  const auto [low, high] = std::minmax_element(known.begin(), known.end());
  if (angles.size() > 1 && *low == *high) return fmt::format("it does not move: {:.6g} at every frame", *low);
  if (*high - *low > 1e9) return fmt::format("its values span {:.6g} degrees", *high - *low);
  return {};
}

}  // namespace

std::optional<double> degrees_per(const std::string& unit) {
  std::string name;
  for (const char c : unit.substr(0, unit.find_last_not_of(" .") + 1)) {
    if (std::isspace(static_cast<unsigned char>(c)) == 0)
      name += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  }
  struct Unit {
    std::string_view names;  // between spaces
    double degrees;
  };
  static const std::array<Unit, 8> units{{{" deg degs degree degrees degr dg \xc2\xb0 \xc2\xba unitless n/a none ", 1},
                                          {" rad rads radian radians ", kDegreesPerRadian},
                                          {" mrad mrads milliradian milliradians ", kDegreesPerRadian / 1000},
                                          {" urad microradian microradians \xc2\xb5rad ", kDegreesPerRadian / 1e6},
                                          {" mdeg mdegs millideg millidegree millidegrees mdegree mdegrees ", 1e-3},
                                          {" turn turns rev revs revolution revolutions ", kTurn},
                                          {" arcmin arcmins arcminute arcminutes ", 1.0 / 60},
                                          {" arcsec arcsecs arcsecond arcseconds ", 1.0 / 3600}}};
  if (name.empty()) return 1;
  for (const Unit& one : units) {
    if (one.names.find(" " + name + " ") != std::string_view::npos) return one.degrees;
  }
  return std::nullopt;
}

AngleVerdict judge_angles(std::vector<double> angles, const std::vector<std::uint8_t>& absent) {
  AngleVerdict verdict;
  verdict.fault = fault_of(angles, absent);
  if (!verdict.fault.empty()) return verdict;
  unwrap(angles);
  interpolate(angles);
  for (double& angle : angles) angle += 0.0;  // -0 is 0
  verdict.omega = std::move(angles);
  verdict.sweeps = steady_sweeps(verdict.omega);
  if (verdict.omega.size() < 2) return verdict;
  find_order(verdict);
  if (!verdict.by_omega.empty()) return verdict;
  // A few long sweeps are passes of a scan; sweeps of one frame, or one every few frames, are noise or a standstill.
  const bool many = 4 * verdict.sweeps.size() > verdict.omega.size();
  for (const Sweep& sweep : verdict.sweeps) {
    if (verdict.sweeps.size() > 1 && (many || sweep.frames() < 2)) {
      const int at = sweep.last + 1 < static_cast<int>(verdict.omega.size()) ? sweep.last + 1 : sweep.first;
      verdict.fault = "it does not move steadily: " + describe_step(verdict.omega, at);
      return verdict;
    }
  }
  return verdict;
}

std::string sweep_names(const std::vector<Sweep>& sweeps) {
  std::string names = "frames ";
  const std::size_t named = sweeps.size() > 4 ? 3 : sweeps.size();
  for (std::size_t i = 0; i < named; ++i) {
    const bool last = i + 1 == sweeps.size();
    names += fmt::format("{}{}-{}", i == 0 ? "" : last ? " and " : ", ", sweeps[i].first, sweeps[i].last);
  }
  if (named < sweeps.size()) names += fmt::format(" ... {}-{}", sweeps.back().first, sweeps.back().last);
  return names;
}

}  // namespace dctprep
