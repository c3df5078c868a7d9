// SPDX-License-Identifier: BSD-3-Clause
#include "dctprep/draw/result_figures.h"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>

#include "dctprep/draw/axes.h"
#include "dctprep/draw/frame_figures.h"
#include "dctprep/draw/result_panels.h"

namespace dctprep::draw {

namespace {

std::string titled(const ResultData& result, std::string_view what) {
  return result.name.empty() ? std::string(what) : fmt::format("{}: {}", result.name, what);
}

std::string spot_line(const ResultData& result) {
  return fmt::format("{} spots, {}", format_count(result.spots.size()), describe(result));
}

}  // namespace

Canvas draw_omega_figure(const ResultData& result, SpotOrdinate ordinate) {
  Canvas canvas(1400, 1060);
  draw_heading(canvas, titled(result, "spots over omega"), spot_line(result));
  draw_spots_per_frame(canvas, {10, 76, 1316, 360}, result);
  draw_spots_over_omega(canvas, {10, 440, 1390, 610}, result, ordinate);
  return canvas;
}

Canvas draw_map_figure(const ResultData& result) {
  // As high as the detector's shape asks for.
  const double shape = static_cast<double>(std::max(1, result.height)) / std::max(1, result.width);
  const int height = static_cast<int>(std::clamp(kHeadingHeight + 110 + 1120 * shape, 420.0, 1400.0));
  Canvas canvas(1300, height);
  draw_heading(canvas, titled(result, "spots on the detector"), spot_line(result));
  draw_spot_map(canvas, {10, kHeadingHeight + 8, 1280, height - kHeadingHeight - 14}, result);
  return canvas;
}

Canvas draw_histogram_figure(const ResultData& result) {
  Canvas canvas(1400, 960);
  draw_heading(canvas, titled(result, "histograms of spots"), spot_line(result));
  const double top = kHeadingHeight + 14;
  draw_spot_histogram(canvas, {10, top, 690, 435}, result, SpotQuantity::kIntegral);
  draw_spot_histogram(canvas, {700, top, 690, 435}, result, SpotQuantity::kVolume);
  draw_spot_histogram(canvas, {10, top + 445, 690, 435}, result, SpotQuantity::kFrames);
  draw_spot_histogram(canvas, {700, top + 445, 690, 435}, result, SpotQuantity::kPeak);
  return canvas;
}

Canvas draw_rejection_figure(const ResultData& result) {
  Canvas canvas(1200, 620);
  draw_heading(canvas, titled(result, "rejected blobs"), spot_line(result));
  draw_rejections(canvas, {10, kHeadingHeight + 14, 1180, 540}, result);
  return canvas;
}

Canvas draw_beam_figure(const ResultData& result) {
  Canvas canvas(1400, 860);
  std::string note = describe(result);
  if (!result.bad_frames.empty()) note += fmt::format(", {} bad frames (shaded)", result.bad_frames.size());
  draw_heading(canvas, titled(result, "beam and offset"), note);
  draw_beam_intensity(canvas, {10, kHeadingHeight + 14, 1380, 385}, result);
  draw_frame_offset(canvas, {10, kHeadingHeight + 14 + 392, 1380, 385}, result);
  return canvas;
}

Canvas draw_summary_figure(const ResultData& result) {
  Canvas canvas(1800, 1420);
  std::uint64_t rejected = 0;
  for (const std::uint64_t count : result.rejected_count) rejected += count;
  std::string note = describe(result) + fmt::format("; {} blobs rejected, {} bad frames", format_count(rejected),
                                                    format_count(result.bad_frames.size()));
  draw_heading(canvas, titled(result, fmt::format("{} spots", format_count(result.spots.size()))), note);
  draw_spot_map(canvas, {10, 70, 900, 800}, result);
  draw_spots_per_frame(canvas, {920, 70, 800, 290}, result);
  draw_spots_over_omega(canvas, {920, 360, 875, 510}, result, SpotOrdinate::kAzimuth);
  draw_spot_histogram(canvas, {10, 880, 450, 270}, result, SpotQuantity::kIntegral);
  draw_spot_histogram(canvas, {460, 880, 450, 270}, result, SpotQuantity::kFrames);
  draw_spot_histogram(canvas, {10, 1150, 450, 270}, result, SpotQuantity::kVolume);
  draw_spot_histogram(canvas, {460, 1150, 450, 270}, result, SpotQuantity::kPeak);
  draw_rejections(canvas, {920, 880, 440, 530}, result);
  draw_beam_intensity(canvas, {1350, 880, 450, 270}, result);
  draw_frame_offset(canvas, {1350, 1150, 450, 270}, result);
  return canvas;
}

}  // namespace dctprep::draw
