// SPDX-License-Identifier: BSD-3-Clause
// A picture and what can be drawn on it: anti-aliased, and clipped everywhere, so that no coordinate is an error: what
// lies outside is not drawn, nor is what is not finite or absurd (coordinates beyond 1e12, sizes beyond kMaxSide).
//
// Pixel (x, y) covers [x, x + 1) x [y, y + 1), y downwards. A crisp line one pixel wide thus runs along x + 0.5.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "dctprep/base/image.h"
#include "dctprep/draw/colour.h"

namespace dctprep::draw {

struct Point {
  double x = 0, y = 0;
};

// A rectangle of the canvas.
struct Box {
  double x = 0, y = 0, width = 0, height = 0;
  double right() const { return x + width; }
  double bottom() const { return y + height; }
  double centre_x() const { return x + width / 2; }
  double centre_y() const { return y + height / 2; }
  // Smaller by so much on each side; never of negative size.
  Box inset(double left, double top, double right, double bottom) const;
};

enum class Marker { kDisc, kRing, kSquare, kPlus, kCross };
enum class AlignX { kLeft, kCentre, kRight };
enum class AlignY { kTop, kMiddle, kBaseline, kBottom };

struct LineStyle {
  Colour colour = kInk;
  double width = 1;
  double dash = 0;  // length of dashes in pixels, gaps are 0.7 of it; 0: solid
  double alpha = 1;
};

// Digits are 10 pixels high at size 1. `halo` draws the outline of the letters in `halo_colour`, for text on images.
struct TextStyle {
  double size = 1;
  Colour colour = kInk;
  AlignX align_x = AlignX::kLeft;
  AlignY align_y = AlignY::kBaseline;
  bool upwards = false;  // turned by 90 degrees, to be read from the right; alignment is along and across the text
  bool bold = false;
  bool halo = false;
  Colour halo_colour = kBlack;
};

class Canvas {
 public:
  static constexpr int kMaxSide = 16384;
  // Both sides 1 ... kMaxSide (Error).
  Canvas(int width, int height, Colour paper = kWhite);

  int width() const { return pixels_.width(); }
  int height() const { return pixels_.height(); }
  const Image<Colour>& pixels() const { return pixels_; }
  Colour pixel(int x, int y) const { return pixels_(y, x); }

  // Until it is called again, nothing outside `box` changes. Without it: the whole canvas.
  void set_clip(const Box& box);
  void clear_clip();

  void set_pixel(int x, int y, Colour colour) { blend(x, y, colour, 1.0); }
  void fill_rectangle(const Box& box, Colour colour, double alpha = 1);
  // The outline runs along the edges of `box`.
  void rectangle(const Box& box, const LineStyle& style);
  void line(Point from, Point to, const LineStyle& style);
  // Points that are not finite part the line. Joints and crossings are not darker than the rest.
  void polyline(std::span<const Point> points, const LineStyle& style);
  void disc(Point centre, double radius, Colour colour, double alpha = 1);
  // `radius` is half of the marker's width.
  void marker(Marker shape, Point centre, double radius, Colour colour, double alpha = 1);
  // UTF-8: ASCII, some Greek and signs, superscript digits (font.h); else an empty box a character. Returns its width.
  double text(Point at, std::string_view utf8, const TextStyle& style = {});

 private:
  void blend(int x, int y, Colour colour, double alpha);
  // Raises the coverage of pixels near the segment; `paint` then blends it with a colour and clears it.
  void cover_segment(Point from, Point to, double width);
  void cover_dashed(Point from, Point to, const LineStyle& style, double& phase);
  void cover_glyphs(Point at, std::string_view utf8, const TextStyle& style, double width);
  void paint(Colour colour, double alpha);

  Image<Colour> pixels_;
  Image<std::uint8_t> coverage_;  // 255: wholly covered
  int clip_x0_, clip_y0_, clip_x1_, clip_y1_;
  int dirty_x0_, dirty_y0_, dirty_x1_, dirty_y1_;  // where coverage_ may be above 0
};

}  // namespace dctprep::draw
