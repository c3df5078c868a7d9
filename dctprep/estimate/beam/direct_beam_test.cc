// SPDX-License-Identifier: BSD-3-Clause
#include "dctprep/estimate/beam/direct_beam.h"

#include <cmath>
#include <functional>
#include <gtest/gtest.h>
#include <random>
#include <string>

#include "dctprep/core/frame_median.h"
#include "dctprep/read/image/image_file.h"
#include "dctprep/read/image/image_series.h"
#include "dctprep/read/image/list_series.h"
#include "dctprep/testing/testing.h"

namespace dctprep {
namespace {

using Light = std::function<double(double v, double u)>;

// `light` with noise of its square root and 3 counts, and hot pixels.
Image<std::uint16_t> picture(int height, int width, const Light& light, unsigned seed = 1) {
  std::mt19937 random(seed);
  std::normal_distribution<double> normal;
  Image<std::uint16_t> image(height, width);
  for (int v = 0; v < height; ++v) {
    for (int u = 0; u < width; ++u) {
      const double counts = light(v, u);
      const double noisy = counts + std::sqrt(counts + 9) * normal(random) / 5;  // as of a median of 40 frames
      image(v, u) = static_cast<std::uint16_t>(std::clamp(std::lround(noisy), 0L, 65535L));
    }
  }
  for (int i = 0; i < height * width / 500; ++i) image.data()[random() % image.size()] = 9000;
  return image;
}

DirectBeam find(const Image<std::uint16_t>& image) {
  return find_direct_beam(image, Image<std::uint8_t>(image.height(), image.width(), 0));
}

bool inside(double v, double u, double v0, double v1, double u0, double u1) {
  return v0 <= v && v < v1 && u0 <= u && u < u1;
}

double radius(double v, double u, double middle_v, double middle_u) { return std::hypot(v - middle_v, u - middle_u); }

TEST(FindDirectBeam, TakesNothingElseForIt) {
  struct Case {
    const char* what;
    Light light;
  };
  const std::vector<Case> cases{
      {"flat", [](double, double) { return 100.0; }},
      {"disk", [](double v, double u) { return radius(v, u, 150, 200) < 60 ? 5000.0 : 50.0; }},
      {"small disk", [](double v, double u) { return radius(v, u, 150, 200) < 12 ? 5000.0 : 50.0; }},
      {"ellipse", [](double v, double u) { return std::hypot((v - 150) / 40, (u - 200) / 90) < 1 ? 5000.0 : 50.0; }},
      {"glow", [](double v, double u) { return 50 + 5000 / (1 + std::pow(radius(v, u, 150, 200) / 40, 2)); }},
      {"gaussian", [](double v, double u) { return 50 + 5000 * std::exp(-std::pow(radius(v, u, 150, 200) / 50, 2)); }},
      {"half disk at the border", [](double v, double u) { return radius(v, u, 0, 200) < 60 ? 5000.0 : 50.0; }},
      {"half of the detector reads higher", [](double, double u) { return u < 200 ? 400.0 : 100.0; }},
      {"one quadrant reads higher", [](double v, double u) { return u < 200 && v < 150 ? 140.0 : 100.0; }},
      {"gradient", [](double v, double) { return 50 + 20 * v; }},
      {"powder rings",
       [](double v, double u) { return 60 + 900 * std::pow(std::cos(radius(v, u, 150, 200) / 12), 8); }},
      {"triangle",
       [](double v, double u) { return v > 60 && v < 200 && std::abs(u - 200) < (v - 60) / 2 ? 5000.0 : 50.0; }},
      {"cross",
       [](double v, double u) {
         return inside(v, u, 50, 250, 180, 220) || inside(v, u, 130, 170, 100, 300) ? 5000.0 : 50.0;
       }},
      {"two of them",
       [](double v, double u) {
         return inside(v, u, 50, 120, 80, 160) || inside(v, u, 180, 250, 240, 320) ? 5000.0 : 50.0;
       }},
      {"lit all over but for a frame",
       [](double v, double u) { return inside(v, u, 20, 280, 20, 380) ? 5000.0 : 50.0; }},
      {"hot cluster", [](double v, double u) { return inside(v, u, 50, 54, 80, 84) ? 60000.0 : 50.0; }},
      {"hot columns", [](double, double u) { return std::fmod(u, 90) < 3 ? 5000.0 : 50.0; }},
  };
  for (const Case& c : cases) {
    const DirectBeam beam = find(picture(300, 400, c.light));
    EXPECT_TRUE(beam.region.empty()) << c.what << ": " << beam.why;
    EXPECT_FALSE(beam.why.empty());
  }
}

TEST(FindDirectBeam, ToThePixelInSharpPictures) {
  std::mt19937 random(7);
  for (int round = 0; round < 40; ++round) {
    const int height = 100 + static_cast<int>(random() % 200), width = 100 + static_cast<int>(random() % 700);
    const int h = 20 + static_cast<int>(random() % 50), w = 20 + static_cast<int>(random() % 50);
    const int v0 = 3 + static_cast<int>(random() % static_cast<unsigned>(height - h - 6));
    const int u0 = 3 + static_cast<int>(random() % static_cast<unsigned>(width - w - 6));
    const double shadow = 0.2 + 0.1 * static_cast<double>(random() % 8);
    const DirectBeam beam = find(picture(
        height, width,
        [&](double v, double u) {
          if (!inside(v, u, v0, v0 + h, u0, u0 + w)) return 120.0;
          return inside(v, u, 0, height, u0 + w / 4, u0 + w - w / 4) ? 4000 * shadow : 4000.0;
        },
        random()));
    const Region truth{u0, v0, u0 + w, v0 + h};
    EXPECT_NEAR(beam.region.u0, truth.u0, 1) << beam.why;
    EXPECT_NEAR(beam.region.v0, truth.v0, 1) << beam.why;
    EXPECT_NEAR(beam.region.u1, truth.u1, 1) << beam.why;
    EXPECT_NEAR(beam.region.v1, truth.v1, 1) << beam.why;
  }
}

TEST(FindDirectBeam, SaysThatADarkRectangleMayBeABeamStop) {
  const DirectBeam beam = find(picture(300, 400, [](double v, double u) {
    return inside(v, u, 120, 180, 150, 240) ? 60.0 : 100 + 900 / (1 + std::pow(radius(v, u, 150, 195) / 150, 2));
  }));
  EXPECT_TRUE(beam.region.empty()) << beam.why;
  EXPECT_NEAR(beam.dark_rectangle.u0, 150, 2);
  EXPECT_NEAR(beam.dark_rectangle.v0, 120, 2);
  EXPECT_NEAR(beam.dark_rectangle.u1, 240, 2);
  EXPECT_NEAR(beam.dark_rectangle.v1, 180, 2);
}

TEST(FindDirectBeam, TakesPicturesOfAnySizeAndContent) {
  std::mt19937 random(3);
  for (const auto& [height, width] :
       {std::pair(1, 1), std::pair(1, 300), std::pair(300, 1), std::pair(8, 8), std::pair(9, 600), std::pair(37, 41)}) {
    for (int content = 0; content < 6; ++content) {
      Image<std::uint16_t> image(height, width);
      for (auto& pixel : image.pixels()) {
        pixel = static_cast<std::uint16_t>(content == 0   ? 0
                                           : content == 1 ? 65535
                                           : content == 2 ? random() % 2 * 65535
                                           : content == 3 ? random()
                                           : content == 4 ? random() % 3
                                                          : 7);
      }
      const DirectBeam beam = find(image);
      EXPECT_EQ(beam.region, beam.region.grown(0, height, width));
    }
    // All pixels bad.
    const Image<std::uint16_t> image(height, width, 5);
    EXPECT_TRUE(find_direct_beam(image, Image<std::uint8_t>(height, width, 1)).region.empty());
  }
}

TEST(FindDirectBeam, ClaimsNoneBehindTheBeamStopOfALaboratoryScan) {
  if (testing::real_data().empty()) GTEST_SKIP() << "no real data here";
  const auto source = open_image_series(list_series((testing::real_data() / "labdct_iron" / "tiff").string()));
  std::vector<Image<std::uint16_t>> frames;
  std::vector<const std::uint16_t*> stack;
  for (int k = 0; k < source->frames(); ++k) {
    frames.emplace_back(source->height(), source->width());
    ASSERT_FALSE(source->read(k, frames.back()));
    stack.push_back(frames.back().data());
    EXPECT_TRUE(find(frames.back()).region.empty());
  }
  Image<std::uint16_t> median(source->height(), source->width());
  rank_median_over_frames(stack, median.size(), median.data());
  const DirectBeam beam = find(median);
  EXPECT_TRUE(beam.region.empty());
  // The stop's core as seen in the picture: columns 430 to 570, rows 480 to 590.
  EXPECT_NEAR(beam.dark_rectangle.u0, 430, 20);
  EXPECT_NEAR(beam.dark_rectangle.v1, 590, 20);
}

}  // namespace
}  // namespace dctprep
