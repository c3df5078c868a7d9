// SPDX-License-Identifier: BSD-3-Clause
#include "dctprep/pipeline/corrected_frame.h"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <limits>
#include <utility>

#include "dctprep/correct/normalise.h"
#include "dctprep/kernels/pixel_rows.h"

namespace dctprep {

namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

// J' of a raw frame. Returns the pixels whose raw value is saturated, outside `excluded`.
std::vector<std::uint32_t> correct_frame(const RunPlan& plan, float factor, ImageView<const std::uint16_t> raw,
                                         const TakeRow& take) {
  std::vector<std::uint32_t> saturated;
  const auto width = static_cast<std::size_t>(raw.width());
  std::vector<std::uint16_t> corrected(width);
  for (int v = 0; v < raw.height(); ++v) {
    const std::uint16_t* row = raw.row(v);
    const std::uint16_t* dark = plan.dark.empty() ? nullptr : plan.dark.row(v);
    const std::uint16_t largest = correct_pixels(row, dark, factor, width, corrected.data());
    take(v, corrected.data());
    if (largest < plan.saturation) continue;
    for (int u = 0; u < raw.width(); ++u) {
      if (row[u] < plan.saturation || plan.excluded.contains(v, u)) continue;
      saturated.push_back(static_cast<std::uint32_t>(v) * static_cast<std::uint32_t>(width) +
                          static_cast<std::uint32_t>(u));
    }
  }
  return saturated;
}

// T of a raw frame.
Image<float> transmission_of(const RunPlan& plan, ImageView<const std::uint16_t> pixels, double intensity) {
  const Region& beam = plan.beam;
  Image<std::uint16_t> inside(beam.height(), beam.width());
  for (int v = 0; v < beam.height(); ++v) {
    const std::uint16_t* row = pixels.row(beam.v0 + v) + beam.u0;
    std::copy(row, row + beam.width(), inside.row(v));
    if (plan.dark.empty()) continue;
    correct_pixels(inside.row(v), plan.dark.row(beam.v0 + v) + beam.u0, 1.0f, static_cast<std::size_t>(beam.width()),
                   inside.row(v));
  }
  return transmission(inside, intensity, plan.flat, plan.config.denoise.radius);
}

}  // namespace

Image<float> no_transmission(const RunPlan& plan) {
  return {plan.beam.height(), plan.beam.width(), std::numeric_limits<float>::quiet_NaN()};
}

CorrectedFrame read_corrected_frame(const RunPlan& plan, const FrameSource& source, int k, ImageView<std::uint16_t> raw,
                                    bool with_transmission, const TakeRow& take) {
  CorrectedFrame corrected;
  FrameFacts& facts = corrected.facts;
  const auto mark_bad = [&](BadFrameCause cause, std::string fault) {
    facts.bad = cause;
    facts.fault = std::move(fault);
    facts.intensity = kNan;
    facts.factor = 1.0f;
    if (with_transmission) corrected.transmission = no_transmission(plan);
  };
  if (plan.listed[static_cast<std::size_t>(k)] != 0) {
    mark_bad(BadFrameCause::kListed, "listed in scan.bad_frames");
    return corrected;
  }
  facts.changes.ignored = plan.bad_pixels;
  const auto fault = source.read(k, raw, {}, &facts.changes);
  if (fault || facts.changes.any()) facts.name = source.frame_name(k);
  if (fault) {
    mark_bad(fault->cause, fmt::format("{}: {}", facts.name, fault->what));
    return corrected;
  }
  if (!plan.monitor.empty()) {
    const double value = plan.monitor[static_cast<std::size_t>(k)];
    if (!std::isfinite(value) || value <= kNoBeamShare * plan.monitor_median) {
      mark_bad(BadFrameCause::kNoBeam,
               fmt::format("no beam: its monitor reads {:.6g}, the median is {:.6g}", value, plan.monitor_median));
      return corrected;
    }
    facts.factor = normalisation_factor(plan.monitor_median, value);
  }
  if (!plan.beam.empty()) {
    const double intensity = beam_intensity(raw, plan.dark, plan.intensity_regions, plan.bad_pixels);
    if (intensity <= kNoBeamShare * plan.median_intensity) {
      mark_bad(BadFrameCause::kNoBeam, fmt::format("no beam: its intensity is {:.4g}, the scan's median {:.4g}",
                                                   intensity, plan.median_intensity));
      return corrected;
    }
    facts.intensity = intensity;
    if (with_transmission) corrected.transmission = transmission_of(plan, raw, intensity);
    if (plan.monitor.empty() && plan.config.beam.normalise.value() != Normalise::kNone) {
      facts.factor = normalisation_factor(plan.reference_intensity, intensity);
    }
  }
  if (!plan.monitor.empty()) facts.intensity = plan.monitor[static_cast<std::size_t>(k)];
  corrected.saturated = correct_frame(plan, facts.factor, raw, take);
  return corrected;
}

}  // namespace dctprep
