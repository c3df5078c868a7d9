// SPDX-License-Identifier: BSD-3-Clause
#include "dctprep/draw/plot.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "dctprep/draw/font.h"

namespace dctprep::draw {

namespace {

constexpr double kColourBarWidth = 14;

bool has_edges(const Series& series) { return series.kind == SeriesKind::kSteps || series.kind == SeriesKind::kBars; }

// How many points or steps can be drawn.
std::size_t count_of(const Series& series) {
  const std::size_t points = has_edges(series) && !series.x.empty() ? series.x.size() - 1 : series.x.size();
  return std::min(points, series.y.size());
}

bool drawable(double value, bool log) { return std::isfinite(value) && (!log || value > 0); }

bool shows_nothing(const Plot& plot) {
  for (const Series& series : plot.series) {
    for (std::size_t i = 0; i < count_of(series); ++i) {
      if (drawable(series.x[i], plot.x.log && !has_edges(series)) && drawable(series.y[i], plot.y.log)) return false;
    }
  }
  return true;
}

ValueRange data_range(const Plot& plot, const PlotAxis& axis, bool along_x) {
  double low = std::numeric_limits<double>::infinity();
  double high = -low;
  bool counts = false;
  for (const Series& series : plot.series) {
    const std::vector<double>& values = along_x ? series.x : series.y;
    for (const double value : values) {
      if (!drawable(value, axis.log)) continue;
      low = std::min(low, value);
      high = std::max(high, value);
    }
    counts = counts || (has_edges(series) && !along_x);
  }
  if (!(low <= high)) return axis.log ? ValueRange{1, 10} : ValueRange{0, 1};
  if (axis.log) {
    // Bars stand on half a count, so that a bar of one is seen.
    if (counts) low = std::min(low, 1.0) * 0.5;
    if (along_x) return {low / 1.08, high * 1.08};
    return {counts ? low : low / 1.5, high * 1.6};
  }
  if (axis.from_zero || counts) {
    low = std::min(low, 0.0);
    high = std::max(high, 0.0);
  }
  const ValueRange wide = widened({low, high});
  const double span = wide.high - wide.low;
  if (along_x) {
    const bool edges = std::all_of(plot.series.begin(), plot.series.end(), has_edges);
    return edges ? wide : ValueRange{wide.low - 0.02 * span, wide.high + 0.02 * span};
  }
  const bool stands = (axis.from_zero || counts) && low == 0;
  return {stands ? 0 : wide.low - 0.06 * span, wide.high + 0.08 * span};
}

AxisScale axis_scale(const Plot& plot, bool along_x, double start, double end) {
  const PlotAxis& axis = along_x ? plot.x : plot.y;
  ValueRange range = axis.range ? *axis.range : data_range(plot, axis, along_x);
  if (!axis.log || !(range.low > 0)) range = widened(range);
  const bool log = axis.log && range.low > 0 && range.high > range.low;
  if (axis.reversed) std::swap(start, end);
  return {range.low, range.high, log, start, end, axis.degrees, plot.square ? 66.0 : 0.0, axis.whole};
}

std::vector<Point> points_of(const Series& series, const PlotArea& area) {
  std::vector<Point> points;
  const std::size_t count = count_of(series);
  const double floor = std::max(area.y.start, area.y.end);
  for (std::size_t i = 0; i < count; ++i) {
    double y = area.y.at(series.y[i]);
    if (series.kind == SeriesKind::kSteps) {
      if (area.y.log && series.y[i] == 0) y = floor;
      points.push_back({area.x.at(series.x[i]), y});
      points.push_back({area.x.at(series.x[i + 1]), y});
    } else {
      points.push_back({area.x.at(series.x[i]), y});
    }
  }
  return points;
}

void draw_bars(Canvas& canvas, const Series& series, const PlotArea& area) {
  const double zero = area.y.log ? std::max(area.y.start, area.y.end) : area.y.at(0);
  for (std::size_t i = 0; i < count_of(series); ++i) {
    if (!drawable(series.y[i], area.y.log)) continue;
    const double left = std::round(area.x.at(series.x[i]));
    const double right = std::round(area.x.at(series.x[i + 1]));
    const double y = area.y.at(series.y[i]);
    // A hairline of paper between bars that have room for it.
    const double gap = std::abs(right - left) > 5 ? 1 : 0;
    canvas.fill_rectangle(
        {std::min(left, right), std::min(y, zero), std::max(1.0, std::abs(right - left) - gap), std::abs(zero - y)},
        series.colour, series.alpha);
  }
}

void draw_series(Canvas& canvas, const Series& series, const PlotArea& area, const Plot& plot) {
  if (series.kind == SeriesKind::kBars) return draw_bars(canvas, series, area);
  const std::vector<Point> points = points_of(series, area);
  if (series.kind != SeriesKind::kScatter) {
    canvas.polyline(points, {.colour = series.colour, .width = series.width, .alpha = series.alpha});
    return;
  }
  const bool coloured = plot.colours && series.values.size() >= points.size();
  for (std::size_t i = 0; i < points.size(); ++i) {
    const Colour colour = coloured ? plot.colours->colour(series.values[i]) : series.colour;
    canvas.marker(series.marker, points[i], series.radius, colour, series.alpha);
  }
}

// The corner with the fewest points behind the legend.
Box legend_box(const PlotArea& area, const Plot& plot, double width, double height) {
  constexpr double kInset = 10;
  const Box& f = area.frame;
  const std::array<Box, 4> corners{{{f.right() - kInset - width, f.y + kInset, width, height},
                                    {f.x + kInset, f.y + kInset, width, height},
                                    {f.right() - kInset - width, f.bottom() - kInset - height, width, height},
                                    {f.x + kInset, f.bottom() - kInset - height, width, height}}};
  std::array<std::size_t, 4> hidden{};
  for (const Series& series : plot.series) {
    for (const Point& point : points_of(series, area)) {
      for (std::size_t i = 0; i < corners.size(); ++i) {
        const Box& box = corners[i];
        if (point.x >= box.x && point.x <= box.right() && point.y >= box.y && point.y <= box.bottom()) ++hidden[i];
      }
    }
  }
  return corners[static_cast<std::size_t>(std::min_element(hidden.begin(), hidden.end()) - hidden.begin())];
}

void draw_legend(Canvas& canvas, const PlotArea& area, const Plot& plot) {
  constexpr double kRow = 19;
  double widest = 0;
  int rows = 0;
  for (const Series& series : plot.series) {
    if (series.label.empty()) continue;
    widest = std::max(widest, text_width(series.label, kTickSize));
    ++rows;
  }
  if (rows == 0) return;
  const Box box = legend_box(area, plot, widest + 44, rows * kRow + 10);
  canvas.fill_rectangle(box, kWhite, 0.88);
  canvas.rectangle({std::floor(box.x) + 0.5, std::floor(box.y) + 0.5, std::round(box.width), std::round(box.height)},
                   {.colour = kGrid});
  double y = box.y + 5 + kRow / 2;
  for (const Series& series : plot.series) {
    if (series.label.empty()) continue;
    if (series.kind == SeriesKind::kBars) {
      canvas.fill_rectangle({box.x + 9, y - 5, 20, 10}, series.colour, series.alpha);
    } else if (series.kind == SeriesKind::kScatter) {
      canvas.marker(series.marker, {box.x + 19, y}, std::max(3.0, series.radius), series.colour);
    } else {
      canvas.line({box.x + 9, std::floor(y) + 0.5}, {box.x + 29, std::floor(y) + 0.5},
                  {.colour = series.colour, .width = std::max(1.5, series.width)});
    }
    canvas.text({box.x + 37, y}, series.label, {.size = kTickSize, .align_y = AlignY::kMiddle});
    y += kRow;
  }
}

Box plot_frame(const Box& box, const Plot& plot) {
  Box frame =
      box.inset(78, plot.title.empty() ? 14 : 34, plot.colours ? kColourBarWidth + 10 + kColourBarRoom : 16, 52);
  frame = {std::round(frame.x), std::round(frame.y), std::max(1.0, std::round(frame.width)),
           std::max(1.0, std::round(frame.height))};
  if (!plot.square || !plot.x.range || !plot.y.range) return frame;
  const ValueRange x = widened(*plot.x.range);
  const ValueRange y = widened(*plot.y.range);
  const double scale = std::min(frame.width / (x.high - x.low), frame.height / (y.high - y.low));
  const double width = std::max(1.0, std::round(scale * (x.high - x.low)));
  const double height = std::max(1.0, std::round(scale * (y.high - y.low)));
  return {std::round(frame.x + (frame.width - width) / 2), std::round(frame.y + (frame.height - height) / 2), width,
          height};
}

std::vector<double> bin_edges(double low, double high, int bins, bool log, bool whole) {
  std::vector<double> edges;
  if (log) {
    if (whole) {
      low -= 0.5;
      high += 0.5;
    }
    const double step = std::max((std::log10(high) - std::log10(low)) / bins, 0.01);
    for (int i = 0; i <= bins; ++i) {
      double edge = i == 0 ? low : low * std::pow(10.0, i * step);
      // Bins narrower than one whole number would stay empty and make a comb of the histogram.
      if (whole && edge < 1e12) edge = std::floor(edge) + 0.5;
      if (edges.empty() || edge > edges.back()) edges.push_back(edge);
    }
    return edges;
  }
  double step = (high - low) / bins;
  if (whole) {
    step = std::max(1.0, std::ceil((high - low + 1) / bins));
    low -= 0.5;
    bins = std::max(1, static_cast<int>(std::ceil((high + 0.5 - low) / step - 1e-9)));
  } else if (step <= 1e-12 * std::max(std::abs(low), std::abs(high))) {
    step = std::max(1.0, std::abs(low) * 1e-3);
    low -= step * bins / 2;
  }
  for (int i = 0; i <= bins; ++i) edges.push_back(low + i * step);
  return edges;
}

}  // namespace

PlotArea draw_plot(Canvas& canvas, const Box& box, const Plot& plot) {
  PlotArea area;
  area.frame = plot_frame(box, plot);
  const Box& frame = area.frame;
  area.x = axis_scale(plot, true, frame.x, frame.right());
  area.y = axis_scale(plot, false, frame.bottom(), frame.y);
  draw_title(canvas, frame, plot.title);
  if (shows_nothing(plot)) {
    canvas.fill_rectangle(frame, kNothing);
    draw_frame(canvas, frame);
    canvas.text({frame.centre_x(), frame.centre_y()}, plot.empty_text,
                {.size = kTitleSize, .colour = kFaint, .align_x = AlignX::kCentre, .align_y = AlignY::kMiddle});
    return area;
  }
  canvas.set_clip(frame);
  for (const Band& band : plot.bands) {
    const double low = area.x.at(band.low);
    const double high = area.x.at(band.high);
    canvas.fill_rectangle({std::min(low, high), frame.y, std::max(1.0, std::abs(high - low)), frame.height},
                          band.colour);
  }
  canvas.clear_clip();
  draw_x_axis(canvas, frame, area.x, plot.x.label, true);
  draw_y_axis(canvas, frame, area.y, plot.y.label, true);
  canvas.set_clip(frame);
  for (const Series& series : plot.series) draw_series(canvas, series, area, plot);
  draw_legend(canvas, area, plot);
  canvas.clear_clip();
  draw_frame(canvas, frame);
  if (plot.colours) {
    draw_colour_bar(canvas, {frame.right() + 10, frame.y, kColourBarWidth, frame.height}, *plot.colours,
                    plot.colour_label);
  }
  return area;
}

Histogram histogram(std::span<const double> values, int bins, bool log, bool whole) {
  double low = std::numeric_limits<double>::infinity();
  double high = -low;
  for (const double value : values) {
    if (!drawable(value, log)) continue;
    low = std::min(low, value);
    high = std::max(high, value);
  }
  Histogram result;
  if (!(low <= high)) return result;
  result.edges = bin_edges(low, high, std::max(1, bins), log, whole);
  result.counts.assign(result.edges.size() - 1, 0);
  for (const double value : values) {
    if (!drawable(value, log)) continue;
    const auto above = std::upper_bound(result.edges.begin(), result.edges.end(), value) - result.edges.begin();
    const auto last = static_cast<std::ptrdiff_t>(result.counts.size());
    ++result.counts[static_cast<std::size_t>(std::clamp<std::ptrdiff_t>(above, 1, last) - 1)];
  }
  return result;
}

}  // namespace dctprep::draw
