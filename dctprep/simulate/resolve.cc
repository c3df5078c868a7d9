// SPDX-License-Identifier: BSD-3-Clause
#include "dctprep/simulate/resolve.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <type_traits>

#include "dctprep/base/error.h"

namespace dctprep {

namespace {

// What presets set; the rest is the same in all.
struct Preset {
  int frames = 720;
  double omega_range = 360;
  int grains = 30;
  double mosaic_deg = 0.2;
  double spot_strength = 0.8;
  double glow = 0.01;
  int refills = 2;
  double beam_decay = 0.04;
  double flicker = 0.003;
};

Preset preset_of(SimulatePreset preset) {
  switch (preset) {
    case SimulatePreset::kStandard:
      return {};
    case SimulatePreset::kEasy:
      return {.grains = 10,
              .mosaic_deg = 0.15,
              .spot_strength = 4,
              .glow = 0.003,
              .refills = 0,
              .beam_decay = 0,
              .flicker = 0};
    case SimulatePreset::kFaint:
      return {.spot_strength = 0.15};
    case SimulatePreset::kGlow:
      return {.glow = 0.1};
    case SimulatePreset::kBeam:
      return {.refills = 6, .beam_decay = 0.3, .flicker = 0.03};
    case SimulatePreset::kDense:
      return {.grains = 150, .mosaic_deg = 0.4, .spot_strength = 2};
    case SimulatePreset::kHalfTurn:
      return {.frames = 360, .omega_range = 180};
    case SimulatePreset::kFewFrames:
      return {.frames = 90, .omega_range = 45};
  }
  return {};
}

template <class T, class U>
void fill(Auto<T>& field, U value) {
  if (field.is_auto()) field = static_cast<T>(value);
}

// `share` of `whole`, with the parity of `like` so that it lies in its middle; at least 1.
int centred(double share, int whole, int like) {
  const int size = std::clamp(static_cast<int>(std::lround(share * whole)), 1, like);
  return (like - size) % 2 == 0 ? size : std::max(1, size - 1);
}

void check_ranges(const SimulateOptions& options) {
  visit_fields(options, [](std::string_view name, const auto& field, const FieldInfo& info) {
    const auto check = [&](double value) {
      if (!(info.min <= value && value <= info.max)) {
        fail_usage("{} = {} is out of range; allowed is {} ... {}{}{}", name, value, info.min, info.max,
                   info.unit.empty() ? "" : " ", info.unit);
      }
    };
    using T = std::remove_cvref_t<decltype(field)>;
    if constexpr (std::is_arithmetic_v<T>) {
      check(static_cast<double>(field));
    } else if constexpr (!std::is_enum_v<T>) {
      if (!field.is_auto()) check(static_cast<double>(field.value()));
    }
  });
}

void check_together(const SimulateOptions& o) {
  if (o.beam_width.value() > o.width || o.beam_height.value() > o.height) {
    fail_usage("the beam of {} x {} pixels is larger than the detector of {} x {}; lower beam_width or beam_height",
               o.beam_width.value(), o.beam_height.value(), o.width, o.height);
  }
  const double needed = o.sample_width.value() + 2 * o.sample_offset.value();
  if (needed > o.beam_width.value()) {
    fail_usage(
        "the sample needs {:.6g} pixels as it turns, and the beam is {} wide; lower sample_width or sample_offset, or "
        "widen "
        "beam_width",
        needed, o.beam_width.value());
  }
  if (!(cell_volume(cell_of(o)) > 1e-3)) {
    fail_usage("the angles {}, {} and {} close no unit cell; correct cell_alpha, cell_beta or cell_gamma", o.cell_alpha,
               o.cell_beta, o.cell_gamma);
  }
  if (o.sample_width.value() * o.pixel_um * 1e-3 > o.distance_mm.value()) {
    fail_usage("the detector at {} mm stands inside the sample; raise distance_mm", o.distance_mm.value());
  }
  if (o.no_beam_frames >= o.frames.value() && o.no_beam_frames > 0) {
    fail_usage("no_beam_frames = {} leaves no frame with beam of {}", o.no_beam_frames, o.frames.value());
  }
}

}  // namespace

SimulateOptions resolve_options(const SimulateOptions& options) {
  check_ranges(options);
  SimulateOptions o = options;
  const Preset preset = preset_of(o.preset);
  fill(o.frames, preset.frames);
  fill(o.omega_range, preset.omega_range);
  fill(o.grains, preset.grains);
  fill(o.mosaic_deg, preset.mosaic_deg);
  fill(o.spot_strength, preset.spot_strength);
  fill(o.glow, preset.glow);
  fill(o.refills, preset.refills);
  fill(o.beam_decay, preset.beam_decay);
  fill(o.flicker, preset.flicker);
  // A detector of any size takes in the same angles.
  fill(o.distance_mm, std::clamp(5.0 * (o.width * o.pixel_um) / (512 * 5.0), 0.01, 10000.0));
  fill(o.cell_b, o.cell_a);
  fill(o.cell_c, o.cell_a);
  fill(o.beam_photons, 20000);
  fill(o.beam_width, centred(0.2, o.width, o.width));
  fill(o.beam_height, centred(0.17, o.width, o.height));
  fill(o.sample_offset, 0.03 * o.beam_width.value());
  fill(o.sample_width,
       std::min(0.7 * o.beam_width.value(), std::max(0.1, o.beam_width.value() - 2 * o.sample_offset.value())));
  fill(o.sample_height, static_cast<double>(o.beam_height.value()));
  fill(o.glow_radius, std::max(0.1, 0.12 * o.width));
  check_ranges(o);
  check_together(o);
  return o;
}

Cell cell_of(const SimulateOptions& o) {
  return {o.cell_a,
          o.cell_b.is_auto() ? o.cell_a : o.cell_b.value(),
          o.cell_c.is_auto() ? o.cell_a : o.cell_c.value(),
          o.cell_alpha,
          o.cell_beta,
          o.cell_gamma};
}

Region beam_region(const SimulateOptions& o) {
  const int u0 = (o.width - o.beam_width.value()) / 2;
  const int v0 = (o.height - o.beam_height.value()) / 2;
  return {u0, v0, u0 + o.beam_width.value(), v0 + o.beam_height.value()};
}

Region sample_box(const SimulateOptions& o) {
  const Region beam = beam_region(o);
  // The widest that the turning ellipse reaches from the axis, found by turning it; a full turn shows both sides.
  const double a = o.sample_width.value() / 2, b = a * o.sample_ratio;
  RandomStream random(static_cast<std::uint64_t>(o.seed), Purpose::kGrains);
  const double azimuth = 2 * std::numbers::pi * random.uniform();
  double left = 0, right = 0;
  for (int k = 0; k < o.frames.value(); ++k) {
    const double omega = (o.omega_start + k * omega_step(o)) * std::numbers::pi / 180;
    const double half = std::hypot(a * std::sin(omega), b * std::cos(omega));
    const double middle = -o.sample_offset.value() * std::sin(azimuth + omega);  // u runs against y
    left = std::min(left, middle - half);
    right = std::max(right, middle + half);
  }
  const double height = std::min<double>(o.sample_height.value(), o.beam_height.value());
  Region box{static_cast<int>(std::floor(middle_u(o) + left + 0.5)),
             static_cast<int>(std::floor(middle_v(o) - height / 2 + 0.5)),
             static_cast<int>(std::ceil(middle_u(o) + right + 0.5)),
             static_cast<int>(std::ceil(middle_v(o) + height / 2 + 0.5))};
  return {std::max(box.u0, beam.u0), std::max(box.v0, beam.v0), std::min(box.u1, beam.u1), std::min(box.v1, beam.v1)};
}

double omega_step(const SimulateOptions& o) { return o.omega_range.value() / o.frames.value(); }

bool is_full_turn(const SimulateOptions& o) { return std::abs(o.omega_range.value() - 360) < 1e-9; }

}  // namespace dctprep
