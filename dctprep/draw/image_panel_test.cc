// SPDX-License-Identifier: BSD-3-Clause
#include "dctprep/draw/image_panel.h"

#include <cmath>
#include <gtest/gtest.h>
#include <limits>
#include <random>

namespace dctprep::draw {
namespace {

constexpr float kNanPixel = std::numeric_limits<float>::quiet_NaN();

Image<float> noise(int height, int width) {
  Image<float> image(height, width);
  std::mt19937 random(4);
  for (float& pixel : image.pixels()) pixel = static_cast<float>(random() % 1000);
  return image;
}

// The mean over the area that a pixel covers, by the definition: the integral of the source over it.
double area_mean(const Image<float>& image, double v0, double v1, double u0, double u1) {
  double sum = 0;
  for (int v = 0; v < image.height(); ++v) {
    for (int u = 0; u < image.width(); ++u) {
      const double rows = std::min(v1, v + 1.0) - std::max(v0, 1.0 * v);
      const double columns = std::min(u1, u + 1.0) - std::max(u0, 1.0 * u);
      if (rows > 0 && columns > 0) sum += rows * columns * image(v, u);
    }
  }
  return sum / ((v1 - v0) * (u1 - u0));
}

TEST(Resample, ShrinksByAreaMean) {
  const Image<float> image = noise(37, 53);
  for (const auto& [height, width] : {std::pair{1, 1}, {7, 11}, {37, 53}, {36, 52}, {5, 53}}) {
    const Image<float> out = resample(image.view(), height, width, Shrink::kMean);
    for (int y = 0; y < height; ++y) {
      for (int x = 0; x < width; ++x) {
        const double a = 37.0 / height, b = 53.0 / width;
        EXPECT_NEAR(out(y, x), area_mean(image, y * a, (y + 1) * a, x * b, (x + 1) * b), 0.01);
      }
    }
  }
}

TEST(Resample, MaxKeepsEverySpot) {
  Image<float> image(64, 100, 0.0F);
  image(13, 77) = 9;
  const Image<float> out = resample(image.view(), 10, 15, Shrink::kMax);
  EXPECT_EQ(out(13 * 10 / 64, 77 * 15 / 100), 9);
  const Image<float> random = noise(64, 100);
  float largest = 0, shown = 0;
  for (const float x : random.pixels()) largest = std::max(largest, x);
  const Image<float> small = resample(random.view(), 7, 3, Shrink::kMax);
  for (const float x : small.pixels()) shown = std::max(shown, x);
  EXPECT_EQ(shown, largest);
}

TEST(Resample, GrowsByNearest) {
  Image<std::uint16_t> image(2, 3);
  for (std::size_t i = 0; i < 6; ++i) image.data()[i] = static_cast<std::uint16_t>(i);
  const Image<float> out = resample(ImageView<const std::uint16_t>(image.view()), 8, 12, Shrink::kMean);
  for (int y = 0; y < 8; ++y) {
    for (int x = 0; x < 12; ++x) EXPECT_EQ(out(y, x), image(y / 4, x / 4));
  }
}

TEST(Resample, NanIsLeftOutOfMeans) {
  Image<float> image(2, 4, 6.0F);
  image(0, 0) = kNanPixel;
  image(0, 2) = image(1, 2) = image(0, 3) = image(1, 3) = kNanPixel;
  const Image<float> out = resample(image.view(), 1, 2, Shrink::kMean);
  EXPECT_EQ(out(0, 0), 6);
  EXPECT_TRUE(std::isnan(out(0, 1)));
  EXPECT_TRUE(std::isnan(resample(AnyImage(), 3, 3, Shrink::kMean)(1, 1)));
}

TEST(ImagePanel, PixelsLieWhereTheAxesSay) {
  Image<std::uint16_t> image(20, 30, std::uint16_t{0});
  image(7, 11) = 100;
  Canvas canvas(600, 400);
  const ImageAxes axes = draw_image_panel(canvas, {0, 0, 600, 400},
                                          {.image = ImageView<const std::uint16_t>(image.view()),
                                           .scale = {ColourMap::kGrey, Scaling::kLinear, {0, 100}},
                                           .u0 = 1000,
                                           .v0 = 500});
  const auto at = [&](double v, double u) {
    return canvas.pixel(static_cast<int>(axes.x(u)), static_cast<int>(axes.y(v)));
  };
  EXPECT_EQ(at(507, 1011), kWhite);
  EXPECT_EQ(at(507, 1010), kBlack);
  EXPECT_EQ(at(506, 1011), kBlack);
  EXPECT_EQ(at(507.4, 1011.4), kWhite);
  EXPECT_NEAR(axes.scale_u, axes.scale_v, 0.05 * axes.scale_u);
  const Box outline = axes.outline({1011, 507, 1012, 508});
  EXPECT_NEAR(outline.width, axes.scale_u, 1e-9);
  EXPECT_NEAR(outline.x, axes.x(1010.5), 1e-9);
}

TEST(ImagePanel, OddImagesAndBoxes) {
  const auto draw = [](const AnyImage& image) {
    for (const Box& box : {Box{0, 0, 300, 200}, Box{0, 0, 10, 10}, Box{-50, -50, 4000, 90}, Box{290, 190, 1, 1}}) {
      Canvas canvas(300, 200);
      const ImageAxes axes =
          draw_image_panel(canvas, box,
                           {.image = image,
                            .title = "A title that is far too long for the box that it is drawn into",
                            .scale = {ColourMap::kViridis, Scaling::kLog, robust_range(image)}});
      EXPECT_TRUE(std::isfinite(axes.x(3)) && std::isfinite(axes.y(3)));
    }
  };
  draw(AnyImage());
  Image<std::uint16_t> one(1, 1, std::uint16_t{5});
  draw(ImageView<const std::uint16_t>(one.view()));
  Image<float> nothing(4, 4, kNanPixel);
  draw(ImageView<const float>(nothing.view()));
  Image<std::int32_t> row(1, 5000, -3);
  draw(ImageView<const std::int32_t>(row.view()));
  Image<std::uint32_t> column(5000, 1, 3U);
  draw(ImageView<const std::uint32_t>(column.view()));
}

}  // namespace
}  // namespace dctprep::draw
