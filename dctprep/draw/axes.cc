// SPDX-License-Identifier: BSD-3-Clause
#include "dctprep/draw/axes.h"

#include <algorithm>
#include <cmath>

#include "dctprep/draw/font.h"

namespace dctprep::draw {

namespace {

constexpr double kTickLength = 5;
constexpr double kMinorTickLength = 3;

// Numbers for a bar whose scale is not linear: round ones, the roundest first, kept where the place is still free.
std::vector<Tick> bar_ticks(const ColourScale& scale, double height) {
  constexpr double kApart = 24;
  if (scale.scaling == Scaling::kLinear) {
    return linear_ticks(scale.range.low, scale.range.high, std::clamp(static_cast<int>(height / 45), 2, 10));
  }
  std::vector<double> candidates{0};
  const double reach = std::max(std::abs(scale.range.low), std::abs(scale.range.high));
  const int top = static_cast<int>(std::floor(std::log10(std::max(reach, 1e-290))));
  for (const int digit : {1, 5, 2}) {
    for (int exponent = top; exponent > top - 7; --exponent) {
      candidates.push_back(digit * std::pow(10.0, exponent));
      candidates.push_back(-digit * std::pow(10.0, exponent));
    }
  }
  std::vector<Tick> ticks;
  std::vector<double> taken;
  for (const double value : candidates) {
    if (value < scale.range.low || value > scale.range.high) continue;
    const double place = scale.position(value) * height;
    if (std::any_of(taken.begin(), taken.end(), [&](double other) { return std::abs(other - place) < kApart; }))
      continue;
    taken.push_back(place);
    ticks.push_back({value, format_number(value, 3)});
  }
  if (ticks.size() >= 3) return ticks;
  return linear_ticks(scale.range.low, scale.range.high, std::clamp(static_cast<int>(height / 80), 2, 10));
}

}  // namespace

double AxisScale::at(double value) const {
  const double place =
      log ? (std::log10(value) - std::log10(low)) / (std::log10(high) - std::log10(low)) : (value - low) / (high - low);
  return start + place * (end - start);
}

std::vector<Tick> axis_ticks(const AxisScale& axis, double pixels_per_tick) {
  if (axis.pixels_per_tick > 0) pixels_per_tick = axis.pixels_per_tick;
  const int count = std::max(2, static_cast<int>(std::abs(axis.end - axis.start) / pixels_per_tick));
  const double low = std::min(axis.low, axis.high);
  const double high = std::max(axis.low, axis.high);
  if (axis.log) return log_ticks(low, high, count);
  return axis.degrees ? degree_ticks(low, high, count) : linear_ticks(low, high, count, axis.whole ? 1 : 0);
}

void draw_frame(Canvas& canvas, const Box& frame) {
  canvas.rectangle({crisp(frame.x) - 1, crisp(frame.y) - 1, std::round(frame.width) + 1, std::round(frame.height) + 1},
                   {.colour = kInk});
}

void draw_x_axis(Canvas& canvas, const Box& frame, const AxisScale& axis, std::string_view label, bool grid) {
  const double bottom = std::round(frame.bottom());
  double free_from = -1e9;
  for (const Tick& tick : axis_ticks(axis, 60)) {
    const double x = crisp(axis.at(tick.value));
    const bool minor = tick.label.empty();
    if (grid && !minor) canvas.line({x, frame.y + 0.5}, {x, bottom - 0.5}, {.colour = kGrid});
    canvas.line({x, bottom + 0.5}, {x, bottom + (minor ? kMinorTickLength : kTickLength)}, {.colour = kInk});
    const double half = text_width(tick.label, kTickSize) / 2;
    if (minor || x - half < free_from) continue;
    canvas.text({x, bottom + 9}, tick.label, {.size = kTickSize, .align_x = AlignX::kCentre, .align_y = AlignY::kTop});
    free_from = x + half + 8;
  }
  canvas.text({frame.centre_x(), bottom + 29}, label,
              {.size = kLabelSize, .align_x = AlignX::kCentre, .align_y = AlignY::kTop});
}

void draw_y_axis(Canvas& canvas, const Box& frame, const AxisScale& axis, std::string_view label, bool grid) {
  const double left = std::round(frame.x);
  double widest = 0;
  for (const Tick& tick : axis_ticks(axis, 30)) {
    const double y = crisp(axis.at(tick.value));
    const bool minor = tick.label.empty();
    if (grid && !minor) canvas.line({left + 0.5, y}, {frame.right() - 0.5, y}, {.colour = kGrid});
    canvas.line({left - 0.5, y}, {left - (minor ? kMinorTickLength : kTickLength), y}, {.colour = kInk});
    if (minor) continue;
    canvas.text({left - 8, y}, tick.label, {.size = kTickSize, .align_x = AlignX::kRight, .align_y = AlignY::kMiddle});
    widest = std::max(widest, text_width(tick.label, kTickSize));
  }
  canvas.text({left - 15 - widest, frame.centre_y()}, label,
              {.size = kLabelSize, .align_x = AlignX::kCentre, .align_y = AlignY::kBottom, .upwards = true});
}

std::string shortened(std::string_view utf8, double size, double width) {
  if (text_width(utf8, size) <= width) return std::string(utf8);
  std::string kept;
  std::string_view rest = utf8;
  while (!rest.empty()) {
    const std::string_view before = rest;
    next_character(rest);
    const std::string_view character = before.substr(0, before.size() - rest.size());
    if (text_width(kept + std::string(character) + "…", size) > width) break;
    kept += character;
  }
  return kept + "…";
}

void draw_title(Canvas& canvas, const Box& frame, std::string_view title, double more) {
  if (title.empty()) return;
  canvas.text({frame.x - 1, frame.y - 10}, shortened(title, kTitleSize, frame.width + more),
              {.size = kTitleSize, .bold = true});
}

void draw_colour_bar(Canvas& canvas, const Box& bar, const ColourScale& scale, std::string_view label) {
  const int rows = std::max(1, static_cast<int>(std::round(bar.height)));
  const double top = std::round(bar.y);
  for (int row = 0; row < rows; ++row) {
    const double position = rows > 1 ? 1.0 - static_cast<double>(row) / (rows - 1) : 0.5;
    canvas.fill_rectangle({std::round(bar.x), top + row, std::round(bar.width), 1}, map_colour(scale.map, position));
  }
  draw_frame(canvas, bar);
  for (const Tick& tick : bar_ticks(scale, bar.height)) {
    const double y = crisp(top + (1 - scale.position(tick.value)) * (rows - 1));
    canvas.line({bar.right() + 0.5, y}, {bar.right() + 4, y}, {.colour = kInk});
    canvas.text({bar.right() + 7, y}, tick.label, {.size = kTickSize, .align_y = AlignY::kMiddle});
  }
  canvas.text({bar.right() + kColourBarRoom - 6, bar.y - 12}, label,
              {.size = kTickSize, .colour = kFaint, .align_x = AlignX::kRight});
}

}  // namespace dctprep::draw
