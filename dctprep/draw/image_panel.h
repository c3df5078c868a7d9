// SPDX-License-Identifier: BSD-3-Clause
// An image with axes in detector pixels and a colour bar.
#pragma once

#include <string>

#include "dctprep/core/region.h"
#include "dctprep/draw/canvas.h"
#include "dctprep/draw/colour_map.h"

namespace dctprep::draw {

// What a picture's pixel shows where it covers several of the image's: the mean of their finite values, by area, or the
// largest, which keeps small bright spots visible. NaN where none is finite.
enum class Shrink { kMean, kMax };

// Nearest pixel where it grows. `height` and `width` at least 1; an empty image gives NaN.
Image<float> resample(const AnyImage& image, int height, int width, Shrink shrink);

struct ImagePanel {
  AnyImage image;
  std::string title = {};
  ColourScale scale = {};
  Shrink shrink = Shrink::kMean;
  int u0 = 0, v0 = 0;  // the detector's column and row of the image's first pixel
  bool axes = true;
  bool colour_bar = true;
  std::string unit = "counts";
};

// Where detector pixels lie on the canvas. Pixel centres are whole numbers.
struct ImageAxes {
  Box box;
  double u_low = 0, v_low = 0;      // at the left and upper edge: half a pixel before the first centre
  double scale_u = 1, scale_v = 1;  // canvas pixels a detector pixel

  double x(double u) const { return box.x + (u - u_low) * scale_u; }
  double y(double v) const { return box.y + (v - v_low) * scale_v; }
  // The edges of a region's pixels.
  Box outline(const Region& region) const {
    return {x(region.u0 - 0.5), y(region.v0 - 0.5), region.width() * scale_u, region.height() * scale_v};
  }
};

// As large as fits into `box` with square pixels, in the middle of it.
ImageAxes draw_image_panel(Canvas& canvas, const Box& box, const ImagePanel& panel);
// The room that title, axes and colour bar take around the image.
Box image_room(const Box& box, bool axes, bool colour_bar);

// The image alone, in `box`.
void draw_pixels(Canvas& canvas, const Box& box, const AnyImage& image, const ColourScale& scale, Shrink shrink);

}  // namespace dctprep::draw
