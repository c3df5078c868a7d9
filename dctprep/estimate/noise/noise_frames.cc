// SPDX-License-Identifier: BSD-3-Clause
#include "dctprep/estimate/noise/noise_frames.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <tbb/blocked_range.h>
#include <tbb/parallel_for.h>

#include "dctprep/base/cancel.h"
#include "dctprep/core/noise_scale.h"
#include "dctprep/core/rank_median.h"
#include "dctprep/simulate/random.h"

namespace dctprep {

namespace {

constexpr double kRounding = 1.0 / 12;  // the variance of rounding to whole counts
constexpr std::size_t kNoiseBytes = std::size_t{64} << 20;

// --- the shape ---

constexpr int kTile = 8;
constexpr int kLeastPixels = kTile * kTile / 2;
constexpr int kLeastTiles = 8;
constexpr int kMostTiles = 16384;                  // more tell no more
constexpr double kInside = (kTile - 1.0) / kTile;  // pairs of neighbours in a tile, over its pixels
constexpr double kSloped = 0.01;                   // of levels: their variance over the mean of their squares
constexpr int kQuietest = 7;                       // one in so many times of a tile counts
constexpr double kBare = 1.5;                      // times the variance: more than chance
constexpr int kRounds = 3;
constexpr double kFarOff = 1.6, kOff = 1.4;  // times what is expected: a tile in which spots are always
constexpr double kFromZero = 2;              // standard deviations: readings that lie nearer are cut at 0
constexpr double kCorrelated = 0.03;         // less is chance

// Sums over a tile of the difference z of two frames, in standard deviations.
struct TileSums {
  int pixels = 0;
  double level = 0;                                           // of the background
  double square = 0;                                          // of z^2
  double next_v = 0, next_u = 0;                              // of z with that of the next row, column
  double per_pixel() const { return square / (pixels - 1); }  // variance of z
  void add(const TileSums& other) {
    pixels += other.pixels, level += other.level, square += other.square;
    next_v += other.next_v, next_u += other.next_u;
  }
};

// variance = readout_variance + gain level, by least squares with weights 1 / variance^2 as in measure/noise_fit.
struct LineFit {
  int count = 0;
  double w = 0, x = 0, y = 0, xx = 0, xy = 0;

  // `expected`: about that variance.
  void add(double level, double variance, double expected) {
    const double weight = 1 / (expected * expected);
    ++count;
    w += weight, x += weight * level, y += weight * variance;
    xx += weight * level * level, xy += weight * level * variance;
  }

  // Where levels are too much alike, both numbers of `model` are scaled alike.
  void solve(NoiseModel& model) const {
    const double determinant = w * xx - x * x;
    const double gain = (w * xy - x * y) / determinant;
    const double readout = (xx * y - x * xy) / determinant;
    if (determinant > kSloped * w * xx && gain >= 0 && readout >= kRounding) {
      model.gain = gain;
      model.readout_variance = readout;
      return;
    }
    const double scale = y / (w * model.readout_variance + model.gain * x);
    model.gain *= scale;
    model.readout_variance = std::max(kRounding, model.readout_variance * scale);
  }
};

// In the rows of every `step`-th row of tiles; so is the next.
Image<float> difference_of(const Residual& first, const Residual& second, const Image<float>& sigma, int step) {
  Image<float> z(sigma.height(), sigma.width());
  tbb::parallel_for(0, sigma.height(), [&](int v) {
    if (v / kTile % step != 0) return;
    for (int u = 0; u < sigma.width(); ++u) {
      const float unit = sigma(v, u);
      z(v, u) = unit > 0 ? static_cast<float>(second(v, u) - first(v, u)) / unit : 0.0f;
    }
  });
  return z;
}

// Of the difference of two readings where they can be used, else 0.
Image<float> difference_sigma(const GroupResiduals& group, const NoiseModel& model,
                              ImageView<const std::uint8_t> bad_pixels, const Region& excluded, int step) {
  Image<float> sigma(bad_pixels.height(), bad_pixels.width());
  tbb::parallel_for(0, bad_pixels.height(), [&](int v) {
    if (v / kTile % step != 0) return;
    for (int u = 0; u < bad_pixels.width(); ++u) {
      const double level = group.background(v, u);
      const double variance = variance_of_reading(model, level);
      const bool is_used =
          bad_pixels(v, u) == 0 && !excluded.contains(v, u) && level * level >= kFromZero * kFromZero * variance;
      sigma(v, u) = is_used ? static_cast<float>(std::sqrt(2 * variance)) : 0.0f;
    }
  });
  return sigma;
}

TileSums sums_of(const Image<float>& z, const Image<float>& sigma, const Image<std::uint16_t>& background, int v0,
                 int u0) {
  TileSums sums;
  double sum = 0;
  for (int v = v0; v < v0 + kTile; ++v) {
    for (int u = u0; u < u0 + kTile; ++u) {
      const auto here = static_cast<double>(z(v, u));
      if (sigma(v, u) > 0) ++sums.pixels, sums.level += background(v, u);
      sum += here;
      sums.square += here * here;
      if (v + 1 < v0 + kTile) sums.next_v += here * static_cast<double>(z(v + 1, u));
      if (u + 1 < u0 + kTile) sums.next_u += here * static_cast<double>(z(v, u + 1));
    }
  }
  // About the mean: the frames' offsets are whole counts.
  const double square_of_mean = sums.pixels > 0 ? sum * sum / sums.pixels : 0;
  sums.square -= square_of_mean;
  sums.next_v -= kInside * square_of_mean;
  sums.next_u -= kInside * square_of_mean;
  return sums;
}

// What the mean of the `lowest` of n mean squares, each of `pixels` normal deviates, is expected to be: chi square by
// Wilson and Hilferty, at Blom's positions.
double lowest_mean_square(std::size_t n, std::size_t lowest, int pixels) {
  const double part = 2.0 / (9 * pixels);
  double sum = 0;
  for (std::size_t i = 0; i < lowest; ++i) {
    const double z = normal_quantile((static_cast<double>(i) + 0.625) / (static_cast<double>(n) + 0.25));
    const double root = 1 - part + z * std::sqrt(part);
    sum += root * root * root;
  }
  return sum / static_cast<double>(lowest);
}

// A tile when it is quietest.
struct QuietTile {
  double level = 0, variance = 0;  // counts of the background; counts^2 of a reading
  TileSums sums;
};

// Of its times, one at least, which are sorted; `model` is what their sums were scaled by.
QuietTile quiet_of(std::vector<TileSums>& times, const NoiseModel& model) {
  std::ranges::sort(times, {}, &TileSums::per_pixel);
  QuietTile tile;
  // Those without spots: what the least of them is expected to be depends on how many they are.
  std::size_t bare = times.size();
  double variance = 0;
  for (int round = 0; round < kRounds; ++round) {
    const std::size_t lowest = std::max<std::size_t>(1, bare / kQuietest);
    tile.sums = {};
    for (const TileSums& each : std::span(times).first(lowest)) tile.sums.add(each);
    const double mean = tile.sums.square / static_cast<double>(tile.sums.pixels - static_cast<int>(lowest));
    variance = mean / lowest_mean_square(bare, lowest, times.front().pixels - 1);
    const auto is_bare = [&](const TileSums& each) { return each.per_pixel() < kBare * variance; };
    bare = std::max<std::size_t>(1, static_cast<std::size_t>(std::ranges::count_if(times, is_bare)));
  }
  tile.level = tile.sums.level / tile.sums.pixels;
  tile.variance = variance * variance_of_reading(model, tile.level);
  return tile;
}

// --- the frames ---

// Random bits of a pixel of a frame, and of a pixel whatever the frame.
std::uint64_t bits_of(std::uint64_t stream, std::size_t pixel) {
  return mix_bits(mix_bits((stream + 1) * 0x9e3779b97f4a7c15ULL) + (pixel + 1) * 0x9e3779b97f4a7c15ULL);
}

// Weights of [a, 1, a], of unit square sum, that make neighbours of independent values correlate by `c`.
struct Blend {
  float side = 0, middle = 1;
};
Blend blend_of(double c) {
  c = std::clamp(c, -0.6, 0.6);
  if (std::abs(c) < kCorrelated) return {};
  const double a = (1 - std::sqrt(1 - 2 * c * c)) / (2 * c);
  const double unit = 1 / std::sqrt(1 + 2 * a * a);
  return {static_cast<float>(a * unit), static_cast<float>(unit)};
}

void blend_rows(Image<float>& image, const Blend& blend) {
  if (blend.side == 0) return;
  const Image<float> from = [&] {
    Image<float> copy(image.height(), image.width());
    std::ranges::copy(image.pixels(), copy.data());
    return copy;
  }();
  const int last = image.height() - 1;
  for (int v = 0; v <= last; ++v) {
    const float* above = from.row(v > 0 ? v - 1 : std::min(1, last));
    const float* below = from.row(v < last ? v + 1 : std::max(0, last - 1));
    for (int u = 0; u < image.width(); ++u)
      image(v, u) = blend.middle * from(v, u) + blend.side * (above[u] + below[u]);
  }
}

void blend_columns(Image<float>& image, const Blend& blend) {
  if (blend.side == 0 || image.width() < 2) return;
  const int last = image.width() - 1;
  std::vector<float> from(static_cast<std::size_t>(image.width()));
  for (int v = 0; v < image.height(); ++v) {
    std::copy_n(image.row(v), image.width(), from.data());
    for (int u = 0; u <= last; ++u) {
      const float left = from[static_cast<std::size_t>(u > 0 ? u - 1 : 1)];
      const float right = from[static_cast<std::size_t>(u < last ? u + 1 : last - 1)];
      image(v, u) = blend.middle * from[static_cast<std::size_t>(u)] + blend.side * (left + right);
    }
  }
}

// Makes frames of noise over one background, mirrored.
class NoiseMaker {
 public:
  // `number` of the run names its random numbers.
  NoiseMaker(const Image<std::uint16_t>& background, const NoiseShape& shape, int window, std::size_t number)
      : gain_(static_cast<float>(shape.model.gain)),
        readout_(static_cast<float>(std::sqrt(std::max(0.0, shape.model.readout_variance - kRounding)))),
        rows_(blend_of(shape.along_v)),
        columns_(blend_of(shape.along_u)),
        first_stream_(64 * number),
        pixels_(background.size()) {
    // Of the median of normal readings.
    const float of_background = static_cast<float>(std::sqrt(1.5707963 / std::max(1, window)));
    tbb::parallel_for(tbb::blocked_range<std::size_t>(0, pixels_.size(), 1 << 14), [&](const auto& range) {
      for (std::size_t i = range.begin(); i < range.end(); ++i)
        pixels_[i] = pixel_over(background.data()[i], of_background, bits_of(first_stream_, i));
    });
  }

  Residual make(std::size_t frame, ImageView<const std::uint8_t> bad_pixels, const Region& excluded) const {
    const int height = bad_pixels.height();
    const int width = bad_pixels.width();
    Image<float> noise(height, width);
    for (std::size_t i = 0; i < noise.size(); ++i)
      noise.data()[i] = reading(pixels_[i], bits_of(first_stream_ + 1 + frame, i));
    blend_rows(noise, rows_);
    blend_columns(noise, columns_);
    Residual residual{{}, Image<std::uint16_t>(height, width)};
    for (int v = 0; v < height; ++v) {
      const Pixel* pixel = pixels_.data() + static_cast<std::ptrdiff_t>(v) * width;
      for (int u = 0; u < width; ++u) {
        const float x = noise(v, u) + pixel[u].mean + 0.5f;  // >= 1/2 is rounded up
        const bool is_used = x >= 1 && bad_pixels(v, u) == 0 && !excluded.contains(v, u);
        residual.below(v, u) = is_used ? static_cast<std::uint16_t>(std::min(x, 65535.0f)) : std::uint16_t{0};
      }
    }
    return residual;
  }

 private:
  struct Pixel {
    float mean = 0;     // of its readings, over the background
    float photons = 0;  // of few; 0: as a normal deviate
    float sigma = 0, skew = 0;
  };

  // The background is a whole number, a median and not a mean, and of so many frames only.
  Pixel pixel_over(std::uint16_t background, float of_background, std::uint64_t bits) const {
    const auto level = static_cast<float>(background);
    const float variance = readout_ * readout_ + gain_ * level;
    Pixel pixel;
    pixel.sigma = std::sqrt(variance);
    pixel.skew = variance > 0 ? gain_ * gain_ * level / (6 * variance) : 0.0f;  // Cornish and Fisher
    const float within = static_cast<float>(bits >> 40) * 0x1p-24f - 0.5f;
    pixel.mean = pixel.skew + within + of_background * pixel.sigma * tables().normal(static_cast<std::uint32_t>(bits));
    const float photons = gain_ > 0 ? level / gain_ : 0.0f;
    if (photons < NoiseTables::kSmallMean) pixel.photons = photons;
    return pixel;
  }

  // How far a reading lies from its mean.
  float reading(const Pixel& pixel, std::uint64_t bits) const {
    const float z = tables().normal(static_cast<std::uint32_t>(bits));
    if (pixel.photons <= 0) return pixel.sigma * z + pixel.skew * (z * z - 1);
    const auto counted = static_cast<float>(tables().small_poisson(pixel.photons, mix_bits(bits)));
    return readout_ * z + gain_ * (counted - pixel.photons);
  }

  static const NoiseTables& tables() {
    static const NoiseTables tables;
    return tables;
  }

  float gain_, readout_;
  Blend rows_, columns_;
  std::uint64_t first_stream_;
  std::vector<Pixel> pixels_;
};

}  // namespace

NoiseShape noise_shape(std::span<const GroupResiduals> groups, const NoiseModel& model,
                       ImageView<const std::uint8_t> bad_pixels, const Region& excluded) {
  const int columns = bad_pixels.width() / kTile;
  const int all_rows = bad_pixels.height() / kTile;
  const int step = std::max(1, all_rows * columns / kMostTiles);
  const int rows = (all_rows + step - 1) / step;                                       // of tiles that are looked at
  std::vector<std::vector<TileSums>> times(static_cast<std::size_t>(rows * columns));  // of each tile
  for (const GroupResiduals& group : groups) {
    const Image<float> sigma = difference_sigma(group, model, bad_pixels, excluded, step);
    for (std::size_t k = 1; k < group.run.size(); ++k) {
      check_cancelled();
      const Image<float> z = difference_of(group.run[k - 1], group.run[k], sigma, step);
      tbb::parallel_for(0, rows * columns, [&](int tile) {
        const TileSums sums =
            sums_of(z, sigma, group.background, tile / columns * step * kTile, tile % columns * kTile);
        if (sums.pixels >= kLeastPixels) times[static_cast<std::size_t>(tile)].push_back(sums);
      });
    }
  }
  std::vector<QuietTile> tiles;
  for (std::vector<TileSums>& of_tile : times) {
    if (!of_tile.empty()) tiles.push_back(quiet_of(of_tile, model));
  }
  NoiseShape shape{model, 0, 0};
  if (tiles.size() < kLeastTiles) return shape;
  std::vector<double> ratios;
  for (const QuietTile& tile : tiles) ratios.push_back(tile.variance / variance_of_reading(model, tile.level));
  NoiseModel about = model;
  const double typical = rank_median(ratios);
  about.gain *= typical;
  about.readout_variance *= typical;
  // Twice, since what lies too far off, where spots always are, is told by the line better than by the model.
  TileSums quiet;
  for (const double most : {kFarOff, kOff}) {
    LineFit fit;
    quiet = {};
    for (const QuietTile& tile : tiles) {
      const double expected = variance_of_reading(about, tile.level);
      if (tile.variance > most * expected || most * tile.variance < expected) continue;
      fit.add(tile.level, tile.variance, expected);
      quiet.add(tile.sums);
    }
    if (fit.count < kLeastTiles) return shape;
    fit.solve(about);
  }
  shape.model = about;
  // Values about their mean are alike by - 1 / (n - 1) where they are independent.
  const double chance = 1.0 / (kTile * kTile - 1);
  shape.along_v = quiet.next_v / quiet.square / kInside + chance;
  shape.along_u = quiet.next_u / quiet.square / kInside + chance;
  return shape;
}

std::vector<GroupResiduals> simulate_noise(std::span<const GroupResiduals> groups, const NoiseShape& shape, int window,
                                           ImageView<const std::uint8_t> bad_pixels, const Region& excluded) {
  std::vector<GroupResiduals> simulated;
  if (groups.empty()) return simulated;
  const std::size_t bytes =
      sizeof(std::uint16_t) * bad_pixels.size() * std::max<std::size_t>(1, groups.front().run.size());
  const std::size_t count = std::clamp<std::size_t>(kNoiseBytes / std::max<std::size_t>(1, bytes), 1, groups.size());
  for (std::size_t i = 0; i < count; ++i) {
    const GroupResiduals& group = groups[group_of_copy(i, count, groups.size())];
    GroupResiduals made;
    made.background = Image<std::uint16_t>(bad_pixels.height(), bad_pixels.width());
    std::ranges::copy(group.background.pixels(), made.background.data());
    made.run.resize(group.run.size());
    const NoiseMaker maker(group.background, shape, window, i);
    tbb::parallel_for(std::size_t{0}, made.run.size(), [&](std::size_t k) {
      check_cancelled();
      made.run[k] = maker.make(k, bad_pixels, excluded);
    });
    simulated.push_back(std::move(made));
  }
  return simulated;
}

}  // namespace dctprep
