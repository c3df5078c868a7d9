// SPDX-License-Identifier: BSD-3-Clause
#include "dctprep/draw/canvas.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>

#include "dctprep/base/error.h"
#include "dctprep/draw/font.h"

namespace dctprep::draw {

namespace {

// Beyond this, lengths and slopes would overflow or lose the canvas in their last digits.
constexpr double kFar = 1e12;

bool near(double x) { return std::abs(x) <= kFar; }  // false for NaN
bool near(Point p) { return near(p.x) && near(p.y); }
bool near(const Box& box) { return near(box.x) && near(box.y) && near(box.right()) && near(box.bottom()); }

std::uint8_t mix(std::uint8_t under, std::uint8_t over, double alpha) {
  return static_cast<std::uint8_t>(std::lround(under + (over - under) * alpha));
}

// The part of the segment inside [x0, x1] x [y0, y1] (Liang and Barsky, 1984); false where there is none.
bool clip_segment(Point& from, Point& to, double x0, double y0, double x1, double y1) {
  const double dx = to.x - from.x;
  const double dy = to.y - from.y;
  double begin = 0;
  double end = 1;
  const std::array<std::array<double, 2>, 4> sides{
      {{-dx, from.x - x0}, {dx, x1 - from.x}, {-dy, from.y - y0}, {dy, y1 - from.y}}};
  for (const auto& [p, q] : sides) {
    if (p == 0) {
      if (q < 0) return false;
      continue;
    }
    if (p < 0) begin = std::max(begin, q / p);
    if (p > 0) end = std::min(end, q / p);
  }
  if (!(begin <= end)) return false;
  const Point start = from;
  if (end < 1) to = {start.x + end * dx, start.y + end * dy};
  if (begin > 0) from = {start.x + begin * dx, start.y + begin * dy};
  return true;
}

// A coordinate as a pixel index inside [low, high].
int pixel_index(double x, int low, int high) {
  return static_cast<int>(std::clamp(std::floor(x), static_cast<double>(low), static_cast<double>(high)));
}

double distance_to_segment(double x, double y, Point from, double dx, double dy, double squared_length) {
  double t = 0;
  if (squared_length > 0) t = std::clamp(((x - from.x) * dx + (y - from.y) * dy) / squared_length, 0.0, 1.0);
  return std::hypot(x - from.x - t * dx, y - from.y - t * dy);
}

}  // namespace

Box Box::inset(double left, double top, double right, double bottom) const {
  return {x + left, y + top, std::max(0.0, width - left - right), std::max(0.0, height - top - bottom)};
}

Canvas::Canvas(int width, int height, Colour paper) {
  if (width < 1 || height < 1 || width > kMaxSide || height > kMaxSide) {
    fail("a picture of {} x {} pixels cannot be drawn; both sides must lie in 1 ... {}", width, height, kMaxSide);
  }
  pixels_ = Image<Colour>(height, width, paper);
  coverage_ = Image<std::uint8_t>(height, width, 0);
  dirty_x0_ = dirty_y0_ = kMaxSide;
  dirty_x1_ = dirty_y1_ = 0;
  clear_clip();
}

void Canvas::set_clip(const Box& box) {
  if (!near(box)) {
    clip_x0_ = clip_y0_ = clip_x1_ = clip_y1_ = 0;
    return;
  }
  clip_x0_ = pixel_index(std::round(box.x), 0, width());
  clip_y0_ = pixel_index(std::round(box.y), 0, height());
  clip_x1_ = pixel_index(std::round(box.right()), 0, width());
  clip_y1_ = pixel_index(std::round(box.bottom()), 0, height());
}

void Canvas::clear_clip() {
  clip_x0_ = clip_y0_ = 0;
  clip_x1_ = width();
  clip_y1_ = height();
}

void Canvas::blend(int x, int y, Colour colour, double alpha) {
  if (x < clip_x0_ || x >= clip_x1_ || y < clip_y0_ || y >= clip_y1_ || !(alpha > 0)) return;
  Colour& pixel = pixels_(y, x);
  if (alpha >= 1) {
    pixel = colour;
  } else {
    pixel = {mix(pixel.r, colour.r, alpha), mix(pixel.g, colour.g, alpha), mix(pixel.b, colour.b, alpha)};
  }
}

void Canvas::fill_rectangle(const Box& box, Colour colour, double alpha) {
  if (!near(box)) return;
  const int x0 = pixel_index(box.x, clip_x0_, clip_x1_);
  const int x1 = pixel_index(std::ceil(box.right()), clip_x0_, clip_x1_);
  const int y0 = pixel_index(box.y, clip_y0_, clip_y1_);
  const int y1 = pixel_index(std::ceil(box.bottom()), clip_y0_, clip_y1_);
  for (int y = y0; y < y1; ++y) {
    const double rows = std::min(box.bottom(), y + 1.0) - std::max(box.y, static_cast<double>(y));
    for (int x = x0; x < x1; ++x) {
      const double columns = std::min(box.right(), x + 1.0) - std::max(box.x, static_cast<double>(x));
      if (rows > 0 && columns > 0) blend(x, y, colour, alpha * rows * columns);
    }
  }
}

void Canvas::rectangle(const Box& box, const LineStyle& style) {
  const std::array<Point, 5> corners{
      {{box.x, box.y}, {box.right(), box.y}, {box.right(), box.bottom()}, {box.x, box.bottom()}, {box.x, box.y}}};
  polyline(corners, style);
}

void Canvas::line(Point from, Point to, const LineStyle& style) {
  const std::array<Point, 2> points{from, to};
  polyline(points, style);
}

void Canvas::polyline(std::span<const Point> points, const LineStyle& style) {
  if (!(std::abs(style.width) <= kMaxSide)) return;
  double phase = 0;
  for (std::size_t i = 1; i < points.size(); ++i) {
    if (!near(points[i - 1]) || !near(points[i])) continue;
    if (style.dash > 0) {
      cover_dashed(points[i - 1], points[i], style, phase);
    } else {
      cover_segment(points[i - 1], points[i], style.width);
    }
  }
  paint(style.colour, style.alpha);
}

// Dashes are laid on the visible part alone, so that a line a billion pixels long takes no longer than a short one.
void Canvas::cover_dashed(Point from, Point to, const LineStyle& style, double& phase) {
  const double margin = style.width + 1;
  if (!clip_segment(from, to, clip_x0_ - margin, clip_y0_ - margin, clip_x1_ + margin, clip_y1_ + margin)) return;
  const double length = std::hypot(to.x - from.x, to.y - from.y);
  const double dash = std::max(1.0, style.dash);
  const double period = 1.7 * dash;
  // Round caps would close the gaps of thick lines.
  const double cap = std::min(style.width / 2, dash / 3);
  const auto at = [&](double s) {
    const double t = length > 0 ? std::clamp(s / length, 0.0, 1.0) : 0.0;
    return Point{from.x + t * (to.x - from.x), from.y + t * (to.y - from.y)};
  };
  for (double start = -phase; start < length; start += period) {
    const double begin = std::max(0.0, start + cap);
    const double end = std::min(length, start + dash - cap);
    if (end > begin) cover_segment(at(begin), at(end), style.width);
  }
  phase = std::fmod(phase + length, period);
}

void Canvas::cover_segment(Point from, Point to, double width) {
  // Below a pixel, a line gets fainter instead of thinner.
  const double strength = 255 * std::clamp(width, 0.0, 1.0);
  const double radius = std::max(width, 1.0) / 2;
  const double reach = radius + 0.5;
  if (!clip_segment(from, to, clip_x0_ - reach, clip_y0_ - reach, clip_x1_ + reach, clip_y1_ + reach)) return;
  const double dx = to.x - from.x;
  const double dy = to.y - from.y;
  const double squared_length = dx * dx + dy * dy;
  const int y0 = pixel_index(std::min(from.y, to.y) - reach, clip_y0_, clip_y1_);
  const int y1 = pixel_index(std::max(from.y, to.y) + reach + 1, clip_y0_, clip_y1_);
  for (int y = y0; y < y1; ++y) {
    // The part of the segment that can reach this row.
    double left = std::min(from.x, to.x);
    double right = std::max(from.x, to.x);
    if (std::abs(dy) > 1e-9) {
      const double a = std::clamp((y + 0.5 - reach - from.y) / dy, 0.0, 1.0);
      const double b = std::clamp((y + 0.5 + reach - from.y) / dy, 0.0, 1.0);
      left = from.x + std::min(a * dx, b * dx);
      right = from.x + std::max(a * dx, b * dx);
    }
    const int x0 = pixel_index(left - reach, clip_x0_, clip_x1_);
    const int x1 = pixel_index(right + reach + 1, clip_x0_, clip_x1_);
    for (int x = x0; x < x1; ++x) {
      const double distance = distance_to_segment(x + 0.5, y + 0.5, from, dx, dy, squared_length);
      const auto covered = static_cast<std::uint8_t>(std::lround(strength * std::clamp(reach - distance, 0.0, 1.0)));
      coverage_(y, x) = std::max(coverage_(y, x), covered);
    }
    if (x0 < x1) {
      dirty_x0_ = std::min(dirty_x0_, x0);
      dirty_x1_ = std::max(dirty_x1_, x1);
      dirty_y0_ = std::min(dirty_y0_, y);
      dirty_y1_ = std::max(dirty_y1_, y + 1);
    }
  }
}

void Canvas::paint(Colour colour, double alpha) {
  for (int y = dirty_y0_; y < dirty_y1_; ++y) {
    for (int x = dirty_x0_; x < dirty_x1_; ++x) {
      std::uint8_t& covered = coverage_(y, x);
      if (covered > 0) blend(x, y, colour, alpha * covered / 255);
      covered = 0;
    }
  }
  dirty_x0_ = dirty_y0_ = kMaxSide;
  dirty_x1_ = dirty_y1_ = 0;
}

void Canvas::disc(Point centre, double radius, Colour colour, double alpha) {
  if (!near(centre) || !(radius > 0 && radius <= kMaxSide)) return;
  cover_segment(centre, centre, 2 * radius);
  paint(colour, alpha);
}

void Canvas::marker(Marker shape, Point centre, double radius, Colour colour, double alpha) {
  if (!near(centre) || !(radius > 0 && radius <= kMaxSide)) return;
  const LineStyle style{.colour = colour, .width = std::clamp(radius * 0.45, 1.0, 3.0), .alpha = alpha};
  const auto [x, y] = centre;
  switch (shape) {
    case Marker::kDisc:
      disc(centre, radius, colour, alpha);
      break;
    case Marker::kRing: {
      constexpr int kCorners = 24;
      std::array<Point, kCorners + 1> ring;
      for (int i = 0; i <= kCorners; ++i) {
        const double angle = 2 * std::numbers::pi * i / kCorners;
        ring[static_cast<std::size_t>(i)] = {x + radius * std::cos(angle), y + radius * std::sin(angle)};
      }
      polyline(ring, style);
      break;
    }
    case Marker::kSquare:
      fill_rectangle({x - radius, y - radius, 2 * radius, 2 * radius}, colour, alpha);
      break;
    case Marker::kPlus: {
      const std::array<Point, 5> plus{
          {{x - radius, y}, {x + radius, y}, {std::nan(""), 0}, {x, y - radius}, {x, y + radius}}};
      polyline(plus, style);
      break;
    }
    case Marker::kCross: {
      const double r = radius * 0.8;
      const std::array<Point, 5> cross{
          {{x - r, y - r}, {x + r, y + r}, {std::nan(""), 0}, {x - r, y + r}, {x + r, y - r}}};
      polyline(cross, style);
      break;
    }
  }
}

void Canvas::cover_glyphs(Point at, std::string_view utf8, const TextStyle& style, double width) {
  const auto place = [&](double pen, GlyphPoint point) {
    // Letters start on whole pixels: their stems are then equally sharp.
    const double along = std::round(pen + kSideBearing * style.size) + point.x * style.size;
    const double across = -point.y * style.size;
    return style.upwards ? Point{at.x + across, at.y - along} : Point{at.x + along, at.y + across};
  };
  double pen = 0;
  while (!utf8.empty()) {
    const Glyph& letter = glyph(next_character(utf8));
    for (const auto& stroke : letter.strokes) {
      if (stroke.size() == 1) cover_segment(place(pen, stroke[0]), place(pen, stroke[0]), width * 1.45);
      for (std::size_t i = 1; i < stroke.size(); ++i) {
        cover_segment(place(pen, stroke[i - 1]), place(pen, stroke[i]), width);
      }
    }
    pen += letter.advance * style.size;
  }
}

double Canvas::text(Point at, std::string_view utf8, const TextStyle& style) {
  const double length = text_width(utf8, style.size);
  if (!near(at) || !(style.size > 0) || style.size > 100) return 0;
  const double cap = kCapHeight * style.size;
  double along = 0;
  if (style.align_x == AlignX::kCentre) along = -length / 2;
  if (style.align_x == AlignX::kRight) along = -length;
  double down = 0;
  if (style.align_y == AlignY::kTop) down = cap;
  if (style.align_y == AlignY::kMiddle) down = cap / 2;
  if (style.align_y == AlignY::kBottom) down = -kDescent * style.size;
  // Onto pixel centres, where strokes of about one pixel are sharpest.
  const Point pen = style.upwards ? Point{std::floor(at.x + down) + 0.5, std::floor(at.y - along) + 0.5}
                                  : Point{std::floor(at.x + along) + 0.5, std::floor(at.y + down) + 0.5};
  const double width = (style.bold ? 1.9 : 1.25) * std::max(0.8, style.size);
  if (style.halo) {
    cover_glyphs(pen, utf8, style, width + 3);
    paint(style.halo_colour, 0.85);
  }
  cover_glyphs(pen, utf8, style, width);
  paint(style.colour, 1);
  return length;
}

}  // namespace dctprep::draw
