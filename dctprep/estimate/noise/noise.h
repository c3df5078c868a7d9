// SPDX-License-Identifier: BSD-3-Clause
// How much the residuals of good background scatter.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "dctprep/base/image.h"
#include "dctprep/core/region.h"

namespace dctprep {

// A frame minus background and offset, kept in two halves, since counts have no sign: max(0, x) and max(0, -x); both 0
// at bad and excluded pixels. A half may be missing. The 2D median may be taken of each half by itself: it commutes
// with the cut at 0.
struct Residual {
  Image<std::uint16_t> above, below;

  // Of both halves.
  int operator()(int v, int u) const { return int{above(v, u)} - int{below(v, u)}; }
};

// Quantile `p` of ascending whole numbers, each taken to be spread evenly over [x - 1/2, x + 1/2]; n > 0.
double spread_quantile(std::span<const int> sorted, double p);

// Standard deviation by the lower half, median minus 15.87 % quantile, which spots do not reach, and the same by the
// upper one, (97.72 % quantile - median) / 2, which sees a skewed distribution. In counts, rounding included: at least
// 0.34.
struct Spread {
  double sigma = 0;
  double upper = 0;
};
Spread spread_of(std::vector<int>& values);

// Residuals without upper halves are noise about 0: of them sigma is minus the 15.87 % quantile, and `upper` the same.
// The spread of each tile of the detector over the frames of `residuals`, tile by tile in rows; tiles of too few good
// pixels outside `excluded` are {0, 0}, but where all are, the first holds the spread of all pixels. The same number of
// tiles for the same size of frames.
std::vector<Spread> tile_spreads(std::span<const Residual> residuals, ImageView<const std::uint8_t> bad_pixels,
                                 const Region& excluded);

// What is left of many groups' tiles: per tile the median over groups of sigma, over tiles the median and the 90 %
// quantile; and how much longer the upper tail is than the lower (>= 1), as the lowest quarter of tiles has it, since
// spots lie in the others.
struct NoiseLevel {
  double typical = 0;
  double high = 0;
  double skew = 1;
};
NoiseLevel noise_level(std::span<const std::vector<Spread>> groups);

// The spread of the pixels at distance d = 1 ... most (the larger of the two axes') from `box`; {0, 0} where there are
// none.
std::vector<Spread> ring_spreads(std::span<const Residual> residuals, ImageView<const std::uint8_t> bad_pixels,
                                 const Region& box, int most);

}  // namespace dctprep
