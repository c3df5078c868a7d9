// SPDX-License-Identifier: BSD-3-Clause
#include "dctprep/draw/result_panels.h"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <numbers>

#include "dctprep/core/omega.h"
#include "dctprep/draw/font.h"
#include "dctprep/draw/plot.h"

namespace dctprep::draw {

namespace {

constexpr Colour kBadFrame{250, 214, 205};

// Frames of a spot as indices of the scan, each once: those over the seam come round.
template <class Visit>
void for_each_frame(const Spot& spot, int frames, Visit&& visit) {
  const std::int64_t last = std::min<std::int64_t>(spot.frame_end, std::int64_t{spot.frame_start} + frames - 1);
  for (std::int64_t k = std::max(0, spot.frame_start); k <= last; ++k) visit(static_cast<std::size_t>(k % frames));
}

std::vector<Band> bad_frame_bands(const ResultData& result) {
  std::vector<Band> bands;
  for (const int k : result.bad_frames) bands.push_back({k - 0.5, k + 0.5, kBadFrame});
  return bands;
}

// Logarithms of the integrals on a map of colours; ticks are powers, so the scale itself stays linear in the logarithm.
ColourScale integral_scale(const ResultData& result) {
  std::vector<double> integrals;
  for (const Spot& spot : result.spots)
    integrals.push_back(std::log10(std::max<double>(1, static_cast<double>(spot.integral))));
  if (integrals.empty()) return {ColourMap::kViridis, Scaling::kLinear, {0, 1}};
  std::sort(integrals.begin(), integrals.end());
  const auto at = [&](double share) {
    return integrals[static_cast<std::size_t>(share * static_cast<double>(integrals.size() - 1))];
  };
  return {ColourMap::kViridis, Scaling::kLinear, widened({at(0.01), at(0.99)})};
}

double log_integral(const Spot& spot) { return std::log10(std::max<double>(1, static_cast<double>(spot.integral))); }

// Smaller points where there are many.
double point_radius(std::size_t count, double most) {
  return std::clamp(most * std::pow(300.0 / std::max<double>(1, static_cast<double>(count)), 0.25), 1.0, most);
}

double quantity_of(const Spot& spot, SpotQuantity quantity) {
  switch (quantity) {
    case SpotQuantity::kIntegral:
      return static_cast<double>(spot.integral);
    case SpotQuantity::kVolume:
      return spot.volume;
    case SpotQuantity::kFrames:
      return static_cast<double>(spot.frame_end) - spot.frame_start + 1;
    case SpotQuantity::kPeak:
      return spot.peak;
  }
  return 0;
}

Point beam_centre(const ResultData& result) {
  const Region& beam = result.beam;
  if (beam.empty()) return {(result.width - 1) / 2.0, (result.height - 1) / 2.0};
  return {(beam.u0 + beam.u1 - 1) / 2.0, (beam.v0 + beam.v1 - 1) / 2.0};
}

double azimuth_deg(const Spot& spot, Point centre) {
  const double angle = std::atan2(spot.u - centre.x, centre.y - spot.v) * 180 / std::numbers::pi;
  return angle < 0 ? angle + 360 : angle;
}

ValueRange frame_range(const ResultData& result) { return widened({-0.5, std::max(1, result.frames) - 0.5}); }

}  // namespace

std::string describe(const ResultData& result) {
  std::string text = fmt::format("{} frames of {} × {} pixels",
                                 format_count(static_cast<unsigned long long>(std::max(0, result.frames))),
                                 result.width, result.height);
  if (!result.omega.empty() && !is_known(result.omega)) text += ", ω unknown";
  if (!result.omega.empty() && is_known(result.omega)) {
    text +=
        fmt::format(", ω {}° to {}°", format_number(result.omega.front(), 6), format_number(result.omega.back(), 6));
  }
  return text;
}

void draw_heading(Canvas& canvas, std::string_view title, std::string_view note) {
  const double room = canvas.width() - 40.0;
  canvas.text({20, 31}, shortened(title, kHeadingSize, room), {.size = kHeadingSize, .bold = true});
  canvas.text({20, 52}, shortened(note, kTickSize, room), {.size = kTickSize, .colour = kFaint});
}

void draw_spots_per_frame(Canvas& canvas, const Box& box, const ResultData& result) {
  Plot plot;
  plot.title = "Spots in each frame";
  plot.x = {.label = "frame", .whole = true, .range = frame_range(result)};
  plot.y = {.label = "spots", .from_zero = true, .whole = true};
  plot.bands = bad_frame_bands(result);
  plot.empty_text = "no spots";
  Series steps{.kind = SeriesKind::kSteps, .colour = kBlue, .width = 1.4};
  if (!result.spots.empty() && result.frames > 0) {
    steps.y.assign(static_cast<std::size_t>(result.frames), 0);
    for (const Spot& spot : result.spots) {
      for_each_frame(spot, result.frames, [&](std::size_t k) { ++steps.y[k]; });
    }
    for (int k = 0; k <= result.frames; ++k) steps.x.push_back(k - 0.5);
  }
  plot.series.push_back(std::move(steps));
  draw_plot(canvas, box, plot);
}

void draw_spots_over_omega(Canvas& canvas, const Box& box, const ResultData& result, SpotOrdinate ordinate) {
  const bool azimuth = ordinate == SpotOrdinate::kAzimuth;
  Plot plot;
  // Where omega is unknown, frames stand in for it.
  const bool known = !result.omega.empty() && is_known(result.omega);
  plot.title = fmt::format("{} of spots over {}", azimuth ? "Azimuth" : "Row", known ? "omega" : "frames");
  plot.x = known ? PlotAxis{.label = "ω (°)", .degrees = true} : PlotAxis{.label = "frame", .whole = true};
  plot.y = azimuth ? PlotAxis{.label = "azimuth η (°)", .degrees = true, .range = ValueRange{0, 360}}
                   : PlotAxis{.label = "v (pixels)", .reversed = true, .range = ValueRange{-0.5, result.height - 0.5}};
  plot.colours = integral_scale(result);
  plot.colour_label = "log₁₀ integral";
  plot.empty_text = "no spots";
  Series points{.kind = SeriesKind::kScatter, .radius = point_radius(result.spots.size(), 3.5), .alpha = 0.85};
  const Point centre = beam_centre(result);
  for (const Spot& spot : result.spots) {
    points.x.push_back(known ? spot.omega : spot.frame);
    points.y.push_back(azimuth ? azimuth_deg(spot, centre) : spot.v);
    points.values.push_back(log_integral(spot));
  }
  if (!known) plot.x.range = frame_range(result);
  if (known) {
    const auto [low, high] = std::minmax_element(result.omega.begin(), result.omega.end());
    plot.x.range = widened({*low, *high});
  }
  plot.series.push_back(std::move(points));
  draw_plot(canvas, box, plot);
}

void draw_spot_map(Canvas& canvas, const Box& box, const ResultData& result) {
  Plot plot;
  plot.title = "Spots on the detector";
  plot.x = {.label = "u (pixels)", .range = ValueRange{-0.5, std::max(1, result.width) - 0.5}};
  plot.y = {.label = "v (pixels)", .reversed = true, .range = ValueRange{-0.5, std::max(1, result.height) - 0.5}};
  plot.colours = integral_scale(result);
  plot.colour_label = "log₁₀ integral";
  plot.square = true;
  plot.empty_text = "no spots";
  Series points{.kind = SeriesKind::kScatter, .radius = point_radius(result.spots.size(), 4), .alpha = 0.85};
  std::vector<const Spot*> order;
  for (const Spot& spot : result.spots) order.push_back(&spot);
  // The brightest on top.
  std::stable_sort(order.begin(), order.end(), [](const Spot* a, const Spot* b) { return a->integral < b->integral; });
  for (const Spot* spot : order) {
    points.x.push_back(spot->u);
    points.y.push_back(spot->v);
    points.values.push_back(log_integral(*spot));
  }
  plot.series.push_back(std::move(points));
  const PlotArea area = draw_plot(canvas, box, plot);
  if (result.beam.empty()) return;
  canvas.set_clip(area.frame);
  const Region& beam = result.beam;
  const Box outline{area.x.at(beam.u0 - 0.5), area.y.at(beam.v0 - 0.5),
                    area.x.at(beam.u1 - 0.5) - area.x.at(beam.u0 - 0.5),
                    area.y.at(beam.v1 - 0.5) - area.y.at(beam.v0 - 0.5)};
  canvas.rectangle(outline, {.colour = kVermilion, .width = 1.5});
  canvas.text({outline.centre_x(), outline.centre_y()}, "direct beam",
              {.size = kTickSize,
               .colour = kVermilion,
               .align_x = AlignX::kCentre,
               .align_y = AlignY::kMiddle,
               .halo = true,
               .halo_colour = kWhite});
  canvas.clear_clip();
}

void draw_spot_histogram(Canvas& canvas, const Box& box, const ResultData& result, SpotQuantity quantity) {
  static constexpr struct {
    const char* title;
    const char* label;
  } kWords[] = {{"Integral", "integral (counts)"},
                {"Volume", "volume (voxels)"},
                {"Frames per spot", "frames"},
                {"Peak", "peak (counts)"}};
  std::vector<double> values;
  for (const Spot& spot : result.spots) values.push_back(quantity_of(spot, quantity));
  std::vector<double> sorted = values;
  std::sort(sorted.begin(), sorted.end());
  // Values over more than a decade and a half read better on a logarithmic axis.
  const bool log = !sorted.empty() && sorted.front() > 0 && sorted.back() > 30 * sorted.front();
  const int bins = static_cast<int>(std::clamp(1.5 * std::sqrt(static_cast<double>(values.size())), 8.0, 50.0));
  const Histogram counted = histogram(values, bins, log, true);
  Plot plot;
  plot.title = kWords[static_cast<std::size_t>(quantity)].title;
  if (!sorted.empty()) plot.title += fmt::format(", median {}", format_number(sorted[sorted.size() / 2]));
  plot.x = {.label = kWords[static_cast<std::size_t>(quantity)].label, .log = log, .whole = true};
  plot.y = {.label = "spots", .whole = true};
  plot.empty_text = "no spots";
  plot.series.push_back({.kind = SeriesKind::kBars, .x = counted.edges, .y = counted.counts, .colour = kBlue});
  draw_plot(canvas, box, plot);
}

void draw_rejections(Canvas& canvas, const Box& box, const ResultData& result) {
  const std::vector<std::string>& names = reject_reason_names();
  const std::size_t reasons = std::min(names.size(), result.rejected_count.size());
  double most = 1;
  for (std::size_t i = 0; i < reasons; ++i) most = std::max(most, static_cast<double>(result.rejected_count[i]));
  const double rows = static_cast<double>(names.size() + 1);
  most = std::max(most, static_cast<double>(result.spots.size()));
  const Box frame = {std::round(box.x + 170), std::round(box.y + 34), std::max(1.0, std::round(box.width - 170 - 16)),
                     std::max(1.0, std::round(box.height - 34 - 52))};
  // From half a blob, so that one is seen, on a logarithmic scale: reasons differ by orders of magnitude. The longest
  // bar leaves room for its number.
  const double share = std::clamp(1 - 78 / frame.width, 0.3, 0.9);
  const AxisScale across{0.5, 0.5 * std::pow(2 * most, 1 / share), true, frame.x, frame.right(), false, 50};
  draw_title(canvas, {box.x + 26, frame.y, box.width - 40, frame.height}, "Spots kept, and blobs rejected by reason");
  if (reasons == 0) {
    canvas.fill_rectangle(frame, kNothing);
    draw_frame(canvas, frame);
    canvas.text({frame.centre_x(), frame.centre_y()}, "no counts",
                {.size = kTitleSize, .colour = kFaint, .align_x = AlignX::kCentre, .align_y = AlignY::kMiddle});
    return;
  }
  draw_x_axis(canvas, frame, across, "blobs", true);
  const double pitch = frame.height / rows;
  for (std::size_t i = 0; i <= reasons; ++i) {
    const bool kept = i == 0;
    const std::uint64_t count = kept ? result.spots.size() : result.rejected_count[i - 1];
    const double middle = frame.y + (static_cast<double>(i) + 0.5) * pitch;
    const double thickness = std::clamp(pitch * 0.66, 2.0, 26.0);
    const double end = count > 0 ? across.at(static_cast<double>(count)) : frame.x;
    canvas.fill_rectangle(
        {frame.x, std::round(middle - thickness / 2), std::max(0.0, end - frame.x), std::round(thickness)},
        kept ? kGreen : kVermilion);
    canvas.text({frame.x - 9, middle}, kept ? "spots" : names[i - 1],
                {.size = kTickSize, .align_x = AlignX::kRight, .align_y = AlignY::kMiddle, .bold = kept});
    canvas.text({end + 6, middle}, format_count(count),
                {.size = kTickSize, .colour = count > 0 ? kInk : kFaint, .align_y = AlignY::kMiddle});
  }
  draw_frame(canvas, frame);
}

void draw_beam_intensity(Canvas& canvas, const Box& box, const ResultData& result) {
  Plot plot;
  plot.title = result.by_monitor ? "Beam monitor" : "Beam intensity";
  plot.x = {.label = "frame", .whole = true, .range = frame_range(result)};
  plot.y = {.label = result.by_monitor ? "reading" : "mean (counts)"};
  plot.bands = bad_frame_bands(result);
  const bool is_measured = result.by_monitor || !result.beam.empty();
  plot.empty_text = !is_measured ? "no direct beam" : "no beam intensity";
  Series line{.colour = kBlue, .width = 1.3};
  // Without a beam the intensity is 1 everywhere, which says nothing.
  const std::size_t frames = is_measured ? result.beam_intensity.size() : 0;
  for (std::size_t k = 0; k < frames; ++k) {
    line.x.push_back(static_cast<double>(k));
    line.y.push_back(result.beam_intensity[k]);
  }
  plot.series.push_back(std::move(line));
  draw_plot(canvas, box, plot);
}

void draw_frame_offset(Canvas& canvas, const Box& box, const ResultData& result) {
  Plot plot;
  plot.title = "Frame offset";
  plot.x = {.label = "frame", .whole = true, .range = frame_range(result)};
  plot.y = {.label = "offset (counts)", .whole = true};
  plot.bands = bad_frame_bands(result);
  plot.empty_text = "no frame offsets";
  Series line{.colour = kVermilion, .width = 1.3};
  for (std::size_t k = 0; k < result.frame_offset.size(); ++k) {
    line.x.push_back(static_cast<double>(k));
    line.y.push_back(result.frame_offset[k]);
  }
  plot.series.push_back(std::move(line));
  draw_plot(canvas, box, plot);
}

}  // namespace dctprep::draw
