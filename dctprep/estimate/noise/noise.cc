// SPDX-License-Identifier: BSD-3-Clause
#include "dctprep/estimate/noise/noise.h"

#include <algorithm>
#include <cmath>
#include <tbb/parallel_for.h>

#include "dctprep/core/rank_median.h"
#include "dctprep/estimate/ranked.h"

namespace dctprep {

namespace {

constexpr std::size_t kMostValues = 2048;  // of a tile that are sorted, about
constexpr std::size_t kLeastValues = 48;

// About 256 tiles, 8 to 64 pixels wide.
int tile_side(int height, int width) {
  return std::clamp(static_cast<int>(std::sqrt(static_cast<double>(height) * width / 256.0)), 8, 64);
}

// Residuals are many and of few values.
void sort_few_values(std::vector<int>& values) {
  const auto [low, high] = std::ranges::minmax(values);
  constexpr std::int64_t kFew = 1 << 17;
  if (std::int64_t{high} - low >= kFew) {
    std::sort(values.begin(), values.end());
    return;
  }
  std::vector<std::uint32_t> counts(static_cast<std::size_t>(high - low) + 1, 0);
  for (const int value : values) ++counts[static_cast<std::size_t>(value - low)];
  auto at = values.begin();
  for (std::size_t i = 0; i < counts.size(); ++i) at = std::fill_n(at, counts[i], low + static_cast<int>(i));
}

}  // namespace

double spread_quantile(std::span<const int> sorted, double p) {
  const double wanted = p * static_cast<double>(sorted.size());
  const auto index = std::min(sorted.size() - 1, static_cast<std::size_t>(wanted));
  const int value = sorted[index];
  const auto [first, last] = std::equal_range(sorted.begin(), sorted.end(), value);
  const auto below = static_cast<double>(first - sorted.begin());
  return value - 0.5 + std::clamp((wanted - below) / static_cast<double>(last - first), 0.0, 1.0);
}

Spread spread_of(std::vector<int>& values) {
  if (values.empty()) return {};
  sort_few_values(values);
  const double middle = spread_quantile(values, 0.5);
  return {middle - spread_quantile(values, 0.158655), (spread_quantile(values, 0.97725) - middle) / 2};
}

namespace {

// Of the lower half of noise about 0.
Spread spread_of_half(std::vector<int>& values) {
  if (values.empty()) return {};
  sort_few_values(values);
  const double sigma = -spread_quantile(values, 0.158655);
  return {sigma, sigma};
}

bool has_halves(std::span<const Residual> residuals) { return residuals.empty() || !residuals.front().above.empty(); }

int value_of(const Residual& residual, int v, int u) {
  return residual.above.empty() ? -int{residual.below(v, u)} : residual(v, u);
}

Spread spread_of_all(std::span<const Residual> residuals, ImageView<const std::uint8_t> bad_pixels,
                     const Region& excluded) {
  std::vector<int> values;
  for (const Residual& residual : residuals) {
    for (int v = 0; v < bad_pixels.height(); ++v) {
      for (int u = 0; u < bad_pixels.width(); ++u) {
        if (bad_pixels(v, u) == 0 && !excluded.contains(v, u)) values.push_back(value_of(residual, v, u));
      }
    }
  }
  return has_halves(residuals) ? spread_of(values) : spread_of_half(values);
}

}  // namespace

std::vector<Spread> tile_spreads(std::span<const Residual> residuals, ImageView<const std::uint8_t> bad_pixels,
                                 const Region& excluded) {
  const int height = bad_pixels.height();
  const int width = bad_pixels.width();
  const int side = tile_side(height, width);
  const int rows = (height + side - 1) / side;
  const int columns = (width + side - 1) / side;
  std::vector<Spread> spreads(static_cast<std::size_t>(rows) * static_cast<std::size_t>(columns));
  const auto all = residuals.size() * static_cast<std::size_t>(side) * static_cast<std::size_t>(side);
  const int row_step = static_cast<int>(std::max<std::size_t>(1, all / kMostValues));
  tbb::parallel_for(0, rows, [&](int tile_row) {
    std::vector<int> values;
    for (int tile_column = 0; tile_column < columns; ++tile_column) {
      values.clear();
      for (const Residual& residual : residuals) {
        for (int v = tile_row * side; v < std::min(height, (tile_row + 1) * side); v += row_step) {
          for (int u = tile_column * side; u < std::min(width, (tile_column + 1) * side); ++u) {
            if (bad_pixels(v, u) == 0 && !excluded.contains(v, u)) values.push_back(value_of(residual, v, u));
          }
        }
      }
      if (values.size() < kLeastValues) continue;
      spreads[static_cast<std::size_t>(tile_row * columns + tile_column)] =
          has_halves(residuals) ? spread_of(values) : spread_of_half(values);
    }
  });
  if (std::ranges::all_of(spreads, [](const Spread& s) { return s.sigma <= 0; }) && !spreads.empty())
    spreads.front() = spread_of_all(residuals, bad_pixels, excluded);
  return spreads;
}

NoiseLevel noise_level(std::span<const std::vector<Spread>> groups) {
  std::vector<double> sigma, ratio;
  for (std::size_t tile = 0; !groups.empty() && tile < groups.front().size(); ++tile) {
    std::vector<double> sigmas, ratios;
    for (const auto& group : groups) {
      if (group[tile].sigma <= 0) continue;
      sigmas.push_back(group[tile].sigma);
      ratios.push_back(group[tile].upper / group[tile].sigma);
    }
    if (sigmas.empty()) continue;
    sigma.push_back(rank_median(sigmas));
    ratio.push_back(rank_median(ratios));
  }
  if (sigma.empty()) return {};
  return {ranked(sigma, 0.5), ranked(sigma, 0.9), std::max(1.0, ranked(ratio, 0.25))};
}

std::vector<Spread> ring_spreads(std::span<const Residual> residuals, ImageView<const std::uint8_t> bad_pixels,
                                 const Region& box, int most) {
  const int height = bad_pixels.height();
  const int width = bad_pixels.width();
  std::vector<std::vector<int>> values(static_cast<std::size_t>(most));
  const Region around = box.grown(most, height, width);
  for (const Residual& residual : residuals) {
    for (int v = around.v0; v < around.v1; ++v) {
      for (int u = around.u0; u < around.u1; ++u) {
        const int distance = std::max({box.u0 - u, u - box.u1 + 1, box.v0 - v, v - box.v1 + 1});
        if (distance < 1 || bad_pixels(v, u) != 0) continue;
        values[static_cast<std::size_t>(distance - 1)].push_back(residual(v, u));
      }
    }
  }
  std::vector<Spread> spreads;
  for (auto& ring : values) spreads.push_back(ring.size() < kLeastValues ? Spread{} : spread_of(ring));
  return spreads;
}

}  // namespace dctprep
