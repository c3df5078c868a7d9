// SPDX-License-Identifier: BSD-3-Clause
// Whether the confidence in the direct beam can be relied on: pictures of all kinds, held against what was drawn.
#include <algorithm>
#include <array>
#include <cmath>
#include <gtest/gtest.h>
#include <numbers>
#include <random>

#include "dctprep/estimate/beam/direct_beam.h"
#include "dctprep/estimate/beam/judge_rectangle.h"

namespace dctprep {
namespace {

enum Kind { kPlain, kWeak, kRotated, kCut, kFilled, kBeamStop, kAbsent, kGlow, kKinds };
constexpr std::array<const char*, kKinds> kNames{"plain",           "weak",      "rotated", "cut by the border",
                                                 "sample all over", "beam stop", "absent",  "strong glow"};

struct Picture {
  Image<std::uint16_t> image;
  Region truth;  // of the beam, or of the stop; cut to the detector
};

// The median of 9 to 64 frames, drawn at random; noise of photons and readout, hot pixels.
Picture draw(Kind kind, std::mt19937& random) {
  const auto between = [&](double low, double high) {
    return low + (high - low) * std::uniform_real_distribution<double>()(random);
  };
  const auto log_between = [&](double low, double high) { return std::exp(between(std::log(low), std::log(high))); };
  const int height = static_cast<int>(between(150, 400)), width = static_cast<int>(between(150, 400));
  const int h = static_cast<int>(between(14, 0.5 * height)), w = static_cast<int>(between(14, 0.5 * width));
  int v0 = static_cast<int>(between(3, height - h - 3)), u0 = static_cast<int>(between(3, width - w - 3));
  double beam = log_between(100, 20000), floor = between(1, 100), tilt = 0;
  double glow = beam * between(0.002, 0.1), shaded = between(0.2, 0.75), transmission = between(0.15, 0.9);
  const double glow_radius = between(8, 80), blur = between(0.4, 2.5), readout = between(1, 6), frames = between(3, 8);
  const double rim = 300 * between(0.5, 6), rim_width = between(2, 6);
  if (kind == kWeak) beam = log_between(5, 100), floor = between(0, 30), glow = 0.05 * beam;
  if (kind == kRotated) tilt = between(-2, 2) * std::numbers::pi / 180;
  if (kind == kFilled) shaded = 1.3, transmission = between(0.05, 0.8);
  if (kind == kAbsent) beam = 0, glow = 0;
  if (kind == kGlow) glow = beam * between(0.1, 0.4);
  if (kind == kCut) {
    const int side = static_cast<int>(between(0, 4));
    if (side == 0) u0 = -w / 3;
    if (side == 1) v0 = -h / 3;
    if (side == 2) u0 = width - w + w / 3;
    if (side == 3) v0 = height - h + h / 3;
  }
  Picture picture{Image<std::uint16_t>(height, width),
                  {std::max(0, u0), std::max(0, v0), std::min(width, u0 + w), std::min(height, v0 + h)}};
  std::normal_distribution<double> normal;
  const double middle_u = u0 + (w - 1) / 2.0, middle_v = v0 + (h - 1) / 2.0;
  const auto step = [&](double x) { return 0.5 * (1 + std::erf(x / (std::numbers::sqrt2 * blur))); };
  for (int v = 0; v < height; ++v) {
    for (int u = 0; u < width; ++u) {
      const double du = (u - middle_u) * std::cos(tilt) + (v - middle_v) * std::sin(tilt);
      const double dv = (v - middle_v) * std::cos(tilt) - (u - middle_u) * std::sin(tilt);
      const double out = std::hypot(std::max(0.0, std::abs(du) - w / 2.0), std::max(0.0, std::abs(dv) - h / 2.0));
      const double inside = step(w / 2.0 - std::abs(du)) * step(h / 2.0 - std::abs(dv));
      const double x = du / (shaded * w / 2);
      const double shadow = std::abs(x) < 1 ? std::pow(transmission, std::sqrt(1 - x * x)) : 1;
      double light = floor + glow / (1 + std::pow(out / glow_radius, 2)) + beam * inside * shadow;
      if (kind == kBeamStop)
        light = floor + (1 - inside) * (300 / (1 + std::pow(out / glow_radius, 2)) + rim * std::exp(-out / rim_width));
      const double counts = light + std::sqrt(light + readout * readout) * normal(random) / frames;
      picture.image(v, u) = static_cast<std::uint16_t>(std::clamp(std::lround(counts), 0L, 65535L));
    }
  }
  for (int i = 0; i < height * width / 1000; ++i)
    picture.image.data()[random() % picture.image.size()] = static_cast<std::uint16_t>(random() % 9000);
  return picture;
}

int farthest_side(const Region& a, const Region& b) {
  return std::max({std::abs(a.u0 - b.u0), std::abs(a.v0 - b.v0), std::abs(a.u1 - b.u1), std::abs(a.v1 - b.v1)});
}

TEST(DirectBeamConfidence, IsHighOnlyWhereTheBeamIsRight) {
  constexpr int kRounds = 14;
  std::mt19937 random(2026);
  std::array<int, kKinds> right{};
  int stops = 0, doubtful = 0, sure_and_wrong = 0;
  for (int i = 0; i < kRounds * kKinds; ++i) {
    const Kind kind = static_cast<Kind>(i % kKinds);
    const Picture picture = draw(kind, random);
    const Image<std::uint8_t> good(picture.image.height(), picture.image.width(), 0);
    const DirectBeam found = find_direct_beam(picture.image, good);
    EXPECT_GE(found.confidence, 0);
    EXPECT_LE(found.confidence, 1);
    const bool none = kind == kBeamStop || kind == kAbsent;
    const bool is_right =
        none ? found.region.empty() : !found.region.empty() && farthest_side(found.region, picture.truth) <= 2;
    right[kind] += is_right;
    stops += kind == kBeamStop && farthest_side(found.dark_rectangle, picture.truth) <= 4;
    doubtful += found.confidence < 0.7;
    if (!is_right && found.confidence >= 0.8) ++sure_and_wrong;
    if (!is_right) std::printf("%s: confidence %.2f, %s\n", kNames[kind], found.confidence, found.why.c_str());
  }
  for (int kind = 0; kind < kKinds; ++kind)
    EXPECT_GE(right[static_cast<std::size_t>(kind)], kind == kWeak ? kRounds - 4 : kRounds - 1) << kNames[kind];
  EXPECT_GE(stops, kRounds - 1);
  EXPECT_LE(sure_and_wrong, 1);
  // Few are warned of, or nobody reads the warnings.
  EXPECT_LE(doubtful, kRounds * kKinds / 6);
}

TEST(DirectBeamConfidence, FallsAsTheBeamFades) {
  const auto confidence = [](double beam, double blur) {
    std::mt19937 random(5);
    std::normal_distribution<double> normal;
    Image<std::uint16_t> image(200, 240);
    const auto step = [&](double x) { return 0.5 * (1 + std::erf(x / (std::numbers::sqrt2 * blur))); };
    for (int v = 0; v < 200; ++v) {
      for (int u = 0; u < 240; ++u) {
        const double light = 60 + beam * step(u - 79.5) * step(159.5 - u) * step(v - 69.5) * step(119.5 - v);
        image(v, u) = static_cast<std::uint16_t>(std::lround(std::max(0.0, light + normal(random))));
      }
    }
    const DirectBeam found = find_direct_beam(image, Image<std::uint8_t>(200, 240, 0));
    return found.region.empty() ? 0 : found.confidence;
  };
  EXPECT_GT(confidence(2000, 0.7), 0.95);
  EXPECT_LT(confidence(2000, 3.5), confidence(2000, 0.7));
  EXPECT_EQ(confidence(0, 0.7), 0);
}

TEST(RefitDirectBeam, FollowsTheSides) {
  std::mt19937 random(3);
  for (const auto& [du, dv] : {std::pair(0, 0), std::pair(3, -2), std::pair(-6, 5), std::pair(0, 6)}) {
    Image<std::uint16_t> image(150, 180);
    const Region beam{60 + du, 50 + dv, 120 + du, 90 + dv};
    for (int v = 0; v < 150; ++v)
      for (int u = 0; u < 180; ++u)
        image(v, u) = static_cast<std::uint16_t>((beam.contains(v, u) ? 3000 : 50) + random() % 20);
    const Region found = refit_direct_beam(image, Image<std::uint8_t>(150, 180, 0), {60, 50, 120, 90});
    EXPECT_LE(farthest_side(found, beam), 1) << du << " " << dv;
  }
  EXPECT_TRUE(refit_direct_beam(Image<std::uint16_t>(50, 50, 7), Image<std::uint8_t>(50, 50, 0), {}).empty());
  for (const auto& [height, width] : {std::pair(1, 1), std::pair(1, 30), std::pair(9, 9)}) {
    const Region all{0, 0, width, height};
    const Region found =
        refit_direct_beam(Image<std::uint16_t>(height, width, 7), Image<std::uint8_t>(height, width, 0), all);
    EXPECT_EQ(found, found.grown(0, height, width));
  }
}

TEST(Credit, IsHalfAtTheLimit) {
  for (const double sign : {1.0, -1.0}) {
    EXPECT_EQ(credit(sign * 2, sign * 1, sign * 2, sign * 4), 0.5);
    EXPECT_EQ(credit(sign * 0, sign * 1, sign * 2, sign * 4), 0);
    EXPECT_EQ(credit(sign * 9, sign * 1, sign * 2, sign * 4), 1);
    EXPECT_EQ(credit(sign * 3, sign * 1, sign * 2, sign * 4), 0.75);
    EXPECT_EQ(credit(sign * 1.5, sign * 1, sign * 2, sign * 4), 0.25);
  }
}

}  // namespace
}  // namespace dctprep
