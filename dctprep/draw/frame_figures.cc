// SPDX-License-Identifier: BSD-3-Clause
#include "dctprep/draw/frame_figures.h"

#include <algorithm>
#include <cmath>
#include <set>
#include <utility>

#include "dctprep/draw/axes.h"
#include "dctprep/draw/font.h"
#include "dctprep/draw/result_panels.h"

namespace dctprep::draw {

namespace {

bool is_empty(const AnyImage& image) { return width_of(image) == 0 || height_of(image) == 0; }

Region shown_region(const AnyImage& image, int u0, int v0) {
  return {u0, v0, u0 + width_of(image), v0 + height_of(image)};
}

void draw_regions(Canvas& canvas, const ImageAxes& axes, const DetectorRegions& regions) {
  canvas.set_clip(axes.box);
  if (!regions.beam.empty()) canvas.rectangle(crisp(axes.outline(regions.beam)), {.colour = kSky, .width = 1.8});
  if (!regions.guard.empty())
    canvas.rectangle(crisp(axes.outline(regions.guard)), {.colour = kSky, .width = 1.4, .dash = 8});
  if (!regions.sample.empty()) {
    canvas.rectangle(crisp(axes.outline(regions.sample)), {.colour = kOrange, .width = 1.6, .dash = 3});
  }
  canvas.clear_clip();
}

// The edges between pixels of the spot and others.
void draw_boundary(Canvas& canvas, const ImageAxes& axes, const SpotOutline& spot) {
  std::set<std::pair<int, int>> inside;
  for (const PixelPlace& place : spot.pixels) inside.insert({place.v, place.u});
  const LineStyle style{.colour = spot.colour, .width = 1.4};
  const auto edge = [&](double v0, double u0, double v1, double u1) {
    canvas.line({crisp(axes.x(u0)), crisp(axes.y(v0))}, {crisp(axes.x(u1)), crisp(axes.y(v1))}, style);
  };
  for (const auto& [v, u] : inside) {
    if (!inside.contains({v - 1, u})) edge(v - 0.5, u - 0.5, v - 0.5, u + 0.5);
    if (!inside.contains({v + 1, u})) edge(v + 0.5, u - 0.5, v + 0.5, u + 0.5);
    if (!inside.contains({v, u - 1})) edge(v - 0.5, u - 0.5, v + 0.5, u - 0.5);
    if (!inside.contains({v, u + 1})) edge(v - 0.5, u + 0.5, v + 0.5, u + 0.5);
  }
}

void draw_outlines(Canvas& canvas, const ImageAxes& axes, const std::vector<SpotOutline>& spots) {
  constexpr double kPixelsSeen = 1.5;  // canvas pixels a detector pixel from which on boundaries are told apart
  canvas.set_clip(axes.box);
  for (const SpotOutline& spot : spots) {
    if (!spot.pixels.empty() && std::min(axes.scale_u, axes.scale_v) >= kPixelsSeen) {
      draw_boundary(canvas, axes, spot);
      continue;
    }
    // A little away from the spot, so that it is not hidden.
    const double gap = 2.5;
    const Box box = axes.outline(spot.box);
    canvas.rectangle(crisp({box.x - gap, box.y - gap, box.width + 2 * gap, box.height + 2 * gap}),
                     {.colour = spot.colour, .width = 1.4});
  }
  canvas.clear_clip();
}

// What the lines on the frame mean, in one row from `at` on. `image`: the part of the detector shown.
void draw_key(Canvas& canvas, Point at, const Region& image, const DetectorRegions& regions,
              const std::vector<SpotOutline>& spots) {
  const auto item = [&](const LineStyle& style, std::string_view words) {
    const double y = std::floor(at.y - 5) + 0.5;
    canvas.line({at.x, y}, {at.x + 26, y}, style);
    at.x += 34 + canvas.text({at.x + 32, at.y}, words, {.size = kTickSize}) + 18;
  };
  if (!regions.beam.empty()) item({.colour = kSky, .width = 2}, "direct beam");
  if (!regions.guard.empty()) item({.colour = kSky, .width = 2, .dash = 8}, "guard");
  if (!regions.sample.empty()) item({.colour = kOrange, .width = 2, .dash = 3}, "sample");
  const auto seen = std::count_if(spots.begin(), spots.end(), [&](const SpotOutline& spot) {
    const Region& box = spot.box;
    return box.u0 < image.u1 && box.u1 > image.u0 && box.v0 < image.v1 && box.v1 > image.v0;
  });
  if (seen > 0) {
    item({.colour = spots.front().colour, .width = 2},
         seen == 1 ? "1 spot" : format_count(static_cast<unsigned long long>(seen)) + " spots");
  }
}

// Square root, or logarithm where the bulk of the pixels would drown below a direct beam.
ColourScale count_scale(const AnyImage& image, ValueRange range) {
  const double middle = robust_range(image, 50, 100).low;
  const bool steep = range.high - range.low > 15 * (middle - range.low);
  return {ColourMap::kGrey, steep ? Scaling::kLog : Scaling::kSqrt, range};
}

// The height at which an image of this shape, with its axes, fills `width`.
double panel_height(const AnyImage& image, double width, double most) {
  const Box room = image_room({0, 0, width, 10000}, true, true);
  const double shape = static_cast<double>(std::max(1, height_of(image))) / std::max(1, width_of(image));
  return std::clamp(room.width * shape + (10000 - room.height), 150.0, most);
}

}  // namespace

SpotOutline outline_of(const Spot& spot) {
  return {.box = {spot.u_min, spot.v_min, spot.u_max + 1, spot.v_max + 1}, .pixels = {}};
}

std::vector<SpotOutline> outlines_in_frame(std::span<const Spot> spots, int frame, int frames) {
  std::vector<SpotOutline> outlines;
  for (const Spot& spot : spots) {
    const auto holds = [&](int k) { return spot.frame_start <= k && k <= spot.frame_end; };
    if (holds(frame) || holds(frame + frames)) outlines.push_back(outline_of(spot));
  }
  return outlines;
}

Canvas draw_frame_figure(const FrameFigure& figure) {
  constexpr int kWidth = 1300;
  const double panel = panel_height(figure.image, kWidth - 20, 1300);
  Canvas canvas(kWidth, static_cast<int>(panel + 56));
  if (is_empty(figure.image)) {
    canvas.text({kWidth / 2.0, canvas.height() / 2.0}, "no image",
                {.size = kTitleSize, .colour = kFaint, .align_x = AlignX::kCentre});
    return canvas;
  }
  const ColourScale scale = figure.scale.value_or(count_scale(figure.image, robust_range(figure.image, 0.5, 99.8)));
  const ImagePanel image{.image = figure.image,
                         .title = figure.title,
                         .scale = scale,
                         .shrink = figure.shrink,
                         .u0 = figure.u0,
                         .v0 = figure.v0,
                         .unit = figure.unit};
  const ImageAxes axes = draw_image_panel(canvas, {10, 10, kWidth - 20, panel}, image);
  draw_regions(canvas, axes, figure.regions);
  draw_outlines(canvas, axes, figure.spots);
  draw_key(canvas, {axes.box.x, panel + 40}, shown_region(figure.image, figure.u0, figure.v0), figure.regions,
           figure.spots);
  return canvas;
}

Canvas draw_pipeline_figure(const PipelineFigure& figure) {
  constexpr double kWidth = 1600;
  constexpr double kCell = kWidth / 2;
  double height = 200;
  for (const AnyImage* image : {&figure.raw, &figure.background, &figure.residual, &figure.denoised}) {
    if (!is_empty(*image)) height = std::max(height, panel_height(*image, kCell - 10, 800));
  }
  Canvas canvas(static_cast<int>(kWidth), static_cast<int>(kHeadingHeight + 2 * height + 34));
  draw_heading(canvas, figure.title, "");
  // Raw frame and background on one scale, so that they can be compared.
  const AnyImage& reference = is_empty(figure.background) ? figure.raw : figure.background;
  ValueRange counts = robust_range(reference, 0.5, 99.8);
  if (!is_empty(figure.raw)) counts.high = std::max(counts.high, robust_range(figure.raw, 0.5, 99.9).high);
  const ColourScale grey = count_scale(reference, counts);
  const ColourScale signed_scale{ColourMap::kDiverging, Scaling::kAsinh, symmetric_range(figure.residual, 99.98)};
  // From what is noise in most frames; where spots fill more of the frame than that, from a twentieth of the brightest.
  ValueRange found_range = robust_range(figure.denoised, 98, 99.98);
  found_range.low = std::min(found_range.low, 0.05 * found_range.high);
  const ColourScale found{ColourMap::kInverse, Scaling::kSqrt, found_range};
  const struct {
    const AnyImage& image;
    const char* title;
    const ColourScale& scale;
    Shrink shrink;
    bool regions, spots;
  } panels[] = {{figure.raw, "Raw frame", grey, Shrink::kMean, true, false},
                {figure.background, "Background", grey, Shrink::kMean, true, false},
                {figure.residual, "Residual: frame − background", signed_scale, Shrink::kMean, false, false},
                {figure.denoised, "Denoised, with its spots", found, Shrink::kMax, true, true}};
  for (int i = 0; i < 4; ++i) {
    const auto& panel = panels[i];
    const Box box{5 + (i % 2) * kCell, kHeadingHeight - 14 + (i / 2) * height, kCell - 10, height};
    if (is_empty(panel.image)) continue;
    const ImageAxes axes = draw_image_panel(
        canvas, box, {.image = panel.image, .title = panel.title, .scale = panel.scale, .shrink = panel.shrink});
    if (panel.regions) draw_regions(canvas, axes, figure.regions);
    if (panel.spots) draw_outlines(canvas, axes, figure.spots);
  }
  draw_key(canvas, {80, canvas.height() - 16.0}, shown_region(figure.denoised, 0, 0), figure.regions, figure.spots);
  return canvas;
}

}  // namespace dctprep::draw
