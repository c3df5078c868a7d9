// SPDX-License-Identifier: BSD-3-Clause
// From values to colours.
#pragma once

#include <span>
#include <variant>
#include <vector>

#include "dctprep/base/image.h"
#include "dctprep/draw/colour.h"

namespace dctprep::draw {

// kGrey: black to white. kInverse: white to black. kViridis: perceptually even, dark blue to yellow. kDiverging: blue,
// white, red, for signed values about 0.
enum class ColourMap { kGrey, kInverse, kViridis, kDiverging };

// `position` in 0 ... 1, beyond it the end's colour; kNoData where it is NaN. Piecewise linear between published
// points: viridis at 17 places (van der Walt and Smith, matplotlib, CC0), RdBu of 11 classes (Brewer, Harrower and the
// Pennsylvania State University, ColorBrewer 2.0).
Colour map_colour(ColourMap map, double position);

enum class Scaling { kLinear, kSqrt, kLog, kAsinh };

struct ValueRange {
  double low = 0, high = 1;
};

// How values of a picture become positions on a colour map. kSqrt and kLog see the value above `low`: the position is
// sqrt(x) or log(1 + 1000 x) / log(1001) of the linear position x, so that zero and negative values need no special
// care. kAsinh is symmetric about the middle, linear within about 1/30 of the range and logarithmic beyond.
struct ColourScale {
  ColourMap map = ColourMap::kGrey;
  Scaling scaling = Scaling::kLinear;
  ValueRange range;

  double position(double value) const;     // 0 at range.low, 1 at range.high; not clamped to them; NaN stays NaN
  double value_at(double position) const;  // the inverse, for 0 ... 1
  Colour colour(double value) const { return map_colour(map, position(value)); }
};

// Pixels of any of the types of the pipeline.
using AnyImage = std::variant<ImageView<const std::uint16_t>, ImageView<const std::int32_t>,
                              ImageView<const std::uint32_t>, ImageView<const float>>;
int width_of(const AnyImage& image);
int height_of(const AnyImage& image);

// The values below which `low_percent` and `high_percent` of the finite pixels lie (of every n-th pixel where there are
// more than about a million). Where nearly all hold one value (a frame that was thresholded), the range is of those
// that do not, and that value. Always low < high: a constant image gives a range of 1 about its value's foot, an image
// without finite pixels 0 ... 1.
ValueRange robust_range(const AnyImage& image, double low_percent = 0.5, double high_percent = 99.7);
// -a ... a, where a is the `percent` point of |pixel|, of those that are not 0 where nearly all are.
ValueRange symmetric_range(const AnyImage& image, double percent = 99.7);

// `range` with low < high, both finite.
ValueRange widened(ValueRange range);

}  // namespace dctprep::draw
