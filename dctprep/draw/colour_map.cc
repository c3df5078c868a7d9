// SPDX-License-Identifier: BSD-3-Clause
#include "dctprep/draw/colour_map.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>

namespace dctprep::draw {

namespace {

constexpr std::array<Colour, 2> kGreyPoints{{{0, 0, 0}, {255, 255, 255}}};
constexpr std::array<Colour, 2> kInversePoints{{{255, 255, 255}, {0, 0, 0}}};
constexpr std::array<Colour, 17> kViridisPoints{{{68, 1, 84},
                                                 {72, 24, 106},
                                                 {71, 45, 123},
                                                 {66, 64, 134},
                                                 {59, 82, 139},
                                                 {51, 99, 141},
                                                 {44, 114, 142},
                                                 {38, 130, 142},
                                                 {33, 145, 140},
                                                 {31, 160, 136},
                                                 {40, 174, 128},
                                                 {63, 188, 115},
                                                 {94, 201, 98},
                                                 {132, 212, 75},
                                                 {173, 220, 48},
                                                 {216, 226, 25},
                                                 {253, 231, 37}}};
constexpr std::array<Colour, 11> kDivergingPoints{{{5, 48, 97},
                                                   {33, 102, 172},
                                                   {67, 147, 195},
                                                   {146, 197, 222},
                                                   {209, 229, 240},
                                                   {247, 247, 247},
                                                   {253, 219, 199},
                                                   {244, 165, 130},
                                                   {214, 96, 77},
                                                   {178, 24, 43},
                                                   {103, 0, 31}}};

Colour between(std::span<const Colour> points, double position) {
  const double place = std::clamp(position, 0.0, 1.0) * static_cast<double>(points.size() - 1);
  const std::size_t i = std::min(static_cast<std::size_t>(place), points.size() - 2);
  const double t = place - static_cast<double>(i);
  const auto mix = [t](std::uint8_t a, std::uint8_t b) {
    return static_cast<std::uint8_t>(std::lround(a + (b - a) * t));
  };
  const Colour& a = points[i];
  const Colour& b = points[i + 1];
  return {mix(a.r, b.r), mix(a.g, b.g), mix(a.b, b.b)};
}

constexpr double kLogReach = 1000;  // how far a logarithmic scale looks below its top
constexpr double kAsinhSteepness = 30;

// Every n-th finite pixel, `magnitude`: without its sign.
std::vector<float> sample(const AnyImage& image, bool magnitude) {
  constexpr std::size_t kSample = 1'000'000;
  std::vector<float> values;
  std::visit(
      [&](const auto& view) {
        if (view.empty()) return;
        // Odd steps, so that no column of an even-sized image is sampled alone.
        const std::size_t step = (view.size() / kSample) | 1;
        const auto width = static_cast<std::size_t>(view.width());
        values.reserve(view.size() / step + 1);
        for (std::size_t i = 0; i < view.size(); i += step) {
          const auto value = static_cast<float>(view(static_cast<int>(i / width), static_cast<int>(i % width)));
          if (std::isfinite(value)) values.push_back(magnitude ? std::abs(value) : value);
        }
      },
      image);
  return values;
}

double percentile(std::vector<float>& values, double percent) {
  const double place = std::clamp(percent, 0.0, 100.0) / 100 * static_cast<double>(values.size() - 1);
  const auto nth = values.begin() + std::lround(place);
  std::nth_element(values.begin(), nth, values.end());
  return *nth;
}

}  // namespace

Colour map_colour(ColourMap map, double position) {
  if (std::isnan(position)) return kNoData;
  switch (map) {
    case ColourMap::kGrey:
      return between(kGreyPoints, position);
    case ColourMap::kInverse:
      return between(kInversePoints, position);
    case ColourMap::kViridis:
      return between(kViridisPoints, position);
    case ColourMap::kDiverging:
      return between(kDivergingPoints, position);
  }
  return kNoData;
}

double ColourScale::position(double value) const {
  const double x = (value - range.low) / (range.high - range.low);
  if (std::isnan(x)) return x;
  switch (scaling) {
    case Scaling::kLinear:
      return x;
    case Scaling::kSqrt:
      return std::sqrt(std::max(0.0, x));
    case Scaling::kLog:
      return std::log1p(kLogReach * std::max(0.0, x)) / std::log1p(kLogReach);
    case Scaling::kAsinh:
      return 0.5 + 0.5 * std::asinh(kAsinhSteepness * (2 * x - 1)) / std::asinh(kAsinhSteepness);
  }
  return x;
}

double ColourScale::value_at(double position) const {
  double x = position;
  switch (scaling) {
    case Scaling::kLinear:
      break;
    case Scaling::kSqrt:
      x = position * position;
      break;
    case Scaling::kLog:
      x = std::expm1(position * std::log1p(kLogReach)) / kLogReach;
      break;
    case Scaling::kAsinh:
      x = 0.5 + 0.5 * std::sinh((2 * position - 1) * std::asinh(kAsinhSteepness)) / kAsinhSteepness;
      break;
  }
  return range.low + x * (range.high - range.low);
}

int width_of(const AnyImage& image) {
  return std::visit([](const auto& view) { return view.width(); }, image);
}

int height_of(const AnyImage& image) {
  return std::visit([](const auto& view) { return view.height(); }, image);
}

ValueRange widened(ValueRange range) {
  if (!std::isfinite(range.low) || !std::isfinite(range.high)) return {0, 1};
  if (range.low > range.high) std::swap(range.low, range.high);
  // Far from 0, a step of 1 may be lost in the value's last digit.
  const double least = 1e-12 * std::max(std::abs(range.low), std::abs(range.high));
  if (range.high - range.low <= least) range.high = range.low + std::max(1.0, 4 * least);
  return range;
}

ValueRange robust_range(const AnyImage& image, double low_percent, double high_percent) {
  std::vector<float> values = sample(image, false);
  if (values.empty()) return {0, 1};
  const ValueRange range{percentile(values, low_percent), percentile(values, high_percent)};
  if (range.low < range.high) return widened(range);
  std::erase(values, static_cast<float>(range.low));
  if (values.empty()) return widened(range);
  return widened(
      {std::min(range.low, percentile(values, low_percent)), std::max(range.high, percentile(values, high_percent))});
}

ValueRange symmetric_range(const AnyImage& image, double percent) {
  std::vector<float> values = sample(image, true);
  double reach = values.empty() ? 1 : percentile(values, percent);
  if (reach == 0 && std::erase(values, 0.0f) > 0 && !values.empty()) reach = percentile(values, percent);
  return reach > 0 ? ValueRange{-reach, reach} : ValueRange{-1, 1};
}

}  // namespace dctprep::draw
