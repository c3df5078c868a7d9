// SPDX-License-Identifier: BSD-3-Clause
// The frame around a plot or an image: ticks, numbers, labels, colour bars.
#pragma once

#include <cmath>
#include <string>
#include <string_view>
#include <vector>

#include "dctprep/draw/canvas.h"
#include "dctprep/draw/colour_map.h"
#include "dctprep/draw/ticks.h"

namespace dctprep::draw {

// Sizes of text (canvas.h).
inline constexpr double kTickSize = 1.0;
inline constexpr double kLabelSize = 1.05;
inline constexpr double kTitleSize = 1.2;
inline constexpr double kHeadingSize = 1.6;

// Onto the middle of pixels, where lines are sharpest.
inline double crisp(double x) { return std::floor(x) + 0.5; }
inline Box crisp(const Box& box) {
  const Point corner{crisp(box.x), crisp(box.y)};
  return {corner.x, corner.y, crisp(box.right()) - corner.x, crisp(box.bottom()) - corner.y};
}

// From values to places on the canvas: `low` lies at `start`, `high` at `end`.
struct AxisScale {
  double low = 0, high = 1;
  bool log = false;
  double start = 0, end = 1;
  bool degrees = false;        // ticks at steps that divide the circle
  double pixels_per_tick = 0;  // 0: what suits the axis
  bool whole = false;          // no ticks between whole numbers

  // Not finite where the value cannot be shown (zero on a logarithmic axis).
  double at(double value) const;
};

// As many as find room at `pixels_per_tick`, where the axis itself says nothing of it.
std::vector<Tick> axis_ticks(const AxisScale& axis, double pixels_per_tick);

// Below and to the left of `frame`: tick marks, numbers and the label; grid lines inside where `grid`.
void draw_x_axis(Canvas& canvas, const Box& frame, const AxisScale& axis, std::string_view label, bool grid);
void draw_y_axis(Canvas& canvas, const Box& frame, const AxisScale& axis, std::string_view label, bool grid);
void draw_frame(Canvas& canvas, const Box& frame);

// Above `frame`, at its left edge; shortened with "…" to its width and `more` pixels.
void draw_title(Canvas& canvas, const Box& frame, std::string_view title, double more = 0);
std::string shortened(std::string_view utf8, double size, double width);

// A bar of colours with numbers at its right and the label above them; needs about kColourBarRoom beyond `bar`.
inline constexpr double kColourBarRoom = 66;
void draw_colour_bar(Canvas& canvas, const Box& bar, const ColourScale& scale, std::string_view label);

}  // namespace dctprep::draw
