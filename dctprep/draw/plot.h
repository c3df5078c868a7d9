// SPDX-License-Identifier: BSD-3-Clause
// Plots of curves, points and bars.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "dctprep/draw/axes.h"
#include "dctprep/draw/canvas.h"
#include "dctprep/draw/colour_map.h"

namespace dctprep::draw {

enum class SeriesKind {
  kLine,     // x and y of one length; values that are not finite part the line
  kScatter,  // likewise; coloured by `values` where there are as many
  kSteps,    // x: the n + 1 edges of the n steps of y
  kBars,     // likewise, filled
};

struct Series {
  SeriesKind kind = SeriesKind::kLine;
  std::vector<double> x = {}, y = {};
  std::vector<double> values = {};
  std::string label = {};  // in the legend; "": not there
  Colour colour = kBlue;
  double width = 1.6;   // of lines
  double radius = 2.5;  // of points
  Marker marker = Marker::kDisc;
  double alpha = 1;
};

struct PlotAxis {
  std::string label = {};
  bool log = false;
  bool from_zero = false;                // the range holds 0 (linear axes)
  bool reversed = false;                 // growing to the left or downwards
  bool degrees = false;                  // ticks at steps that divide the circle
  bool whole = false;                    // no ticks between whole numbers
  std::optional<ValueRange> range = {};  // else that of the data, widened a little
};

// A range of x shaded behind the data.
struct Band {
  double low = 0, high = 0;
  Colour colour = kGrid;
};

struct Plot {
  std::string title = {};
  PlotAxis x, y;
  std::vector<Series> series;
  std::vector<Band> bands;
  std::optional<ColourScale> colours;  // of `values`, with a colour bar
  std::string colour_label;
  bool square = false;                 // equal lengths along x and y are drawn equal
  std::string empty_text = "no data";  // shown where no series holds a point
};

struct PlotArea {
  Box frame;
  AxisScale x, y;
};

// Draws into `box`, axes and title included. Where the plot holds nothing to show, axes without numbers and
// `empty_text`.
PlotArea draw_plot(Canvas& canvas, const Box& box, const Plot& plot);

// Counts of finite values in bins of equal width, or of equal ratio (`log`; then of values above 0).
struct Histogram {
  std::vector<double> edges;  // one more than counts; none where there is no value
  std::vector<double> counts;
};
// At most `bins` of them. `whole`: the values are whole numbers, so edges lie at halves, and bins of equal width are
// whole numbers wide.
Histogram histogram(std::span<const double> values, int bins, bool log, bool whole);

}  // namespace dctprep::draw
