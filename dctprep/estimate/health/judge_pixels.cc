// SPDX-License-Identifier: BSD-3-Clause
#include "dctprep/estimate/health/judge_pixels.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <tbb/parallel_for.h>

#include "dctprep/base/cancel.h"
#include "dctprep/core/rank_median.h"
#include "dctprep/denoise/denoise.h"
#include "dctprep/estimate/health/health.h"

namespace dctprep {

namespace {

constexpr std::size_t kLeastFrames = 5;  // that tell how a pixel behaves
constexpr double kHotSigmas = 10;
constexpr double kLeastHot = 20;     // counts
constexpr double kFlickerTimes = 6;  // as much scatter as around
constexpr double kMostOdd = 0.01;    // a kind that more pixels are of is no defect
constexpr int kScale = 16;           // of scatters held as whole numbers
constexpr int kBesideBeam = 3;

// What each pixel does over a stack of frames.
struct Behaviour {
  Image<std::uint16_t> level;    // median
  Image<std::uint16_t> scatter;  // standard deviation by the quartiles, times kScale
  Image<std::uint8_t> constant;  // 1 = always the same
};

Behaviour behaviour_of(const std::vector<Image<std::uint16_t>>& stack) {
  const int height = stack.front().height();
  const int width = stack.front().width();
  Behaviour b{Image<std::uint16_t>(height, width), Image<std::uint16_t>(height, width),
              Image<std::uint8_t>(height, width)};
  tbb::parallel_for(0, height, [&](int v) {
    check_cancelled();
    std::vector<std::uint16_t> values(stack.size());
    for (int u = 0; u < width; ++u) {
      for (std::size_t i = 0; i < stack.size(); ++i) values[i] = stack[i](v, u);
      std::sort(values.begin(), values.end());
      const std::size_t n = values.size();
      b.level(v, u) = values[n / 2];
      // Half the distance of the quartiles is 0.6745 standard deviations.
      const double sigma = (values[3 * n / 4] - values[n / 4]) / 1.349;
      b.scatter(v, u) = static_cast<std::uint16_t>(std::min(65535.0, kScale * sigma));
      b.constant(v, u) = values.front() == values.back();
    }
  });
  return b;
}

Image<std::uint16_t> surroundings(const Image<std::uint16_t>& image, ImageView<const std::uint8_t> bad_pixels) {
  Image<std::uint16_t> median(image.height(), image.width());
  Denoiser({.mode = DenoiseMode::kFull, .radius = 2}, bad_pixels, {}).apply(image, median);
  return median;
}

// What each pixel is found to be.
enum Kind : std::uint8_t { kGood, kDead, kHot, kFlickering };

// The third highest of the eight neighbours: a hot pixel may have two like itself, but is no part of a picture.
int third_neighbour(const Image<std::uint16_t>& image, int v, int u) {
  std::vector<int> around;
  for (int y = std::max(0, v - 1); y <= std::min(image.height() - 1, v + 1); ++y) {
    for (int x = std::max(0, u - 1); x <= std::min(image.width() - 1, u + 1); ++x) {
      if (y != v || x != u) around.push_back(image(y, x));
    }
  }
  if (around.size() < 3) return 65535;
  std::nth_element(around.begin(), around.begin() + 2, around.end(), std::greater<>());
  return around[2];
}

void mark(const Behaviour& b, ImageView<const std::uint8_t> bad_pixels, const Region& excluded,
          Image<std::uint8_t>& kind) {
  const Image<std::uint16_t> level_around = surroundings(b.level, bad_pixels);
  const Image<std::uint16_t> scatter_around = surroundings(b.scatter, bad_pixels);
  std::vector<std::uint16_t> scatters(scatter_around.pixels().begin(), scatter_around.pixels().end());
  const double usual = static_cast<double>(rank_median(scatters)) / kScale;
  for (int v = 0; v < kind.height(); ++v) {
    for (int u = 0; u < kind.width(); ++u) {
      if (bad_pixels(v, u) != 0) continue;
      const auto set = [&](Kind found) {
        if (kind(v, u) == kGood || found < kind(v, u)) kind(v, u) = found;
      };
      const double around = static_cast<double>(scatter_around(v, u)) / kScale;
      if (b.constant(v, u) != 0 && around > 0) set(kDead);
      if (excluded.contains(v, u)) continue;
      const double limit = std::max(kLeastHot, kHotSigmas * std::max(around, usual));
      if (b.level(v, u) - level_around(v, u) > limit && b.level(v, u) - third_neighbour(b.level, v, u) > limit)
        set(kHot);
      if (static_cast<double>(b.scatter(v, u)) / kScale > kFlickerTimes * std::max({around, usual, 1.0}) &&
          b.scatter(v, u) > 2 * third_neighbour(b.scatter, v, u))
        set(kFlickering);
    }
  }
}

}  // namespace

PixelHealth judge_pixels(const std::vector<Image<std::uint16_t>>& darks,
                         const std::vector<Image<std::uint16_t>>& frames, ImageView<const std::uint8_t> bad_pixels,
                         const Region& beam) {
  PixelHealth health;
  health.darks = static_cast<int>(darks.size());
  health.frames = static_cast<int>(frames.size());
  const int height = bad_pixels.height();
  const int width = bad_pixels.width();
  Image<std::uint8_t> kind(height, width, kGood);
  if (darks.size() >= kLeastFrames) mark(behaviour_of(darks), bad_pixels, {}, kind);
  if (frames.size() >= kLeastFrames)
    mark(behaviour_of(frames), bad_pixels, beam.grown(kBesideBeam, height, width), kind);
  const auto collect = [&](Kind wanted) {
    std::vector<Pixel> found;
    for (int v = 0; v < height; ++v) {
      for (int u = 0; u < width; ++u) {
        if (kind(v, u) == wanted) found.push_back({v, u});
      }
    }
    if (static_cast<double>(found.size()) > kMostOdd * static_cast<double>(kind.size())) found.clear();
    return found;
  };
  health.dead = collect(kDead);
  health.hot = collect(kHot);
  health.flickering = collect(kFlickering);
  return health;
}

}  // namespace dctprep
