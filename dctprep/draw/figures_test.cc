// SPDX-License-Identifier: BSD-3-Clause
#include <algorithm>
#include <cmath>
#include <gtest/gtest.h>
#include <limits>
#include <random>

#include "dctprep/draw/frame_figures.h"
#include "dctprep/draw/gallery.h"
#include "dctprep/draw/result_figures.h"

namespace dctprep::draw {
namespace {

int count_colour(const Canvas& canvas, Colour colour) {
  const auto pixels = canvas.pixels().pixels();
  return static_cast<int>(std::count(pixels.begin(), pixels.end(), colour));
}

std::vector<Spot> some_spots(int count) {
  std::mt19937 random(12);
  std::vector<Spot> spots;
  for (int i = 0; i < count; ++i) {
    Spot spot;
    spot.id = static_cast<std::uint32_t>(i);
    spot.u_min = static_cast<int>(random() % 80);
    spot.u_max = spot.u_min + static_cast<int>(random() % 15);
    spot.v_min = static_cast<int>(random() % 60);
    spot.v_max = spot.v_min + static_cast<int>(random() % 15);
    spot.u = (spot.u_min + spot.u_max) / 2.0;
    spot.v = (spot.v_min + spot.v_max) / 2.0;
    spot.frame_start = static_cast<int>(random() % 36);
    spot.frame_end = spot.frame_start + static_cast<int>(random() % 9);
    spot.omega = 10.0 * spot.frame_start;
    spot.volume = 1 + random() % 500;
    spot.integral = spot.volume * (20 + random() % 1000);
    spot.peak = static_cast<std::uint16_t>(20 + random() % 60000);
    spots.push_back(spot);
  }
  return spots;
}

void draw_all(const ResultData& result) {
  for (const Canvas& canvas : {draw_omega_figure(result), draw_omega_figure(result, SpotOrdinate::kRow),
                               draw_map_figure(result), draw_histogram_figure(result), draw_rejection_figure(result),
                               draw_beam_figure(result), draw_summary_figure(result)}) {
    EXPECT_GE(canvas.width(), 1000);
    EXPECT_LE(canvas.width(), 1800);
    EXPECT_GT(count_colour(canvas, kInk), 100);
  }
}

TEST(Figures, NothingAtAll) {
  draw_all({});
  draw_frame_figure({});
  draw_pipeline_figure({});
  draw_gallery({}, "");
  EXPECT_TRUE(gallery_choice({}, 10, GalleryChoice::kEven).empty());
}

TEST(Figures, OddNumbers) {
  std::vector<Spot> spots = some_spots(3);
  spots[0].omega = std::numeric_limits<double>::quiet_NaN();
  spots[1].u = spots[1].v = -std::numeric_limits<double>::infinity();
  spots[2].frame_start = -2000000000;
  spots[2].frame_end = 2000000000;
  spots[2].integral = ~std::uint64_t{0};
  const std::vector<std::uint64_t> rejected{~std::uint64_t{0}, 0};
  const std::vector<double> intensity(5, std::numeric_limits<double>::quiet_NaN());
  const std::vector<int> bad{-5, 3, 99999};
  ResultData result{.name = "odd\xff name",
                    .frames = 5,
                    .height = 1,
                    .width = 9000,
                    .spots = spots,
                    .rejected_count = rejected,
                    .beam_intensity = intensity,
                    .bad_frames = bad};
  draw_all(result);
  result.frames = 0;
  result.height = result.width = -4;
  draw_all(result);
  spots.resize(1);
  result.spots = spots;
  draw_all(result);
}

TEST(Figures, UsualResult) {
  const std::vector<Spot> spots = some_spots(400);
  std::vector<double> omega, intensity;
  std::vector<std::int32_t> offset;
  for (int k = 0; k < 36; ++k) {
    omega.push_back(10 * k);
    intensity.push_back(1000 - k);
    offset.push_back(k % 3 - 1);
  }
  const std::vector<std::uint64_t> rejected{100, 0, 7, 0, 0, 0, 0, 0, 2, 0, 0};
  const std::vector<int> bad{4};
  draw_all({.name = "usual",
            .frames = 36,
            .height = 75,
            .width = 95,
            .beam = {30, 20, 60, 50},
            .omega = omega,
            .spots = spots,
            .rejected_count = rejected,
            .beam_intensity = intensity,
            .frame_offset = offset,
            .bad_frames = bad});
}

TEST(FrameFigure, DrawsRegionsAndOutlines) {
  Image<std::uint16_t> image(100, 120, std::uint16_t{50});
  const AnyImage view = ImageView<const std::uint16_t>(image.view());
  EXPECT_EQ(count_colour(draw_frame_figure({.image = view}), kSky), 0);
  const Canvas canvas =
      draw_frame_figure({.image = view, .regions = {.beam = {40, 30, 80, 60}}, .spots = {{.box = {5, 5, 20, 20}}}});
  EXPECT_GT(count_colour(canvas, kSky), 500);
  EXPECT_GT(count_colour(canvas, kSpotMark), 300);
}

// A boundary goes round the pixels and not through them: an L of three pixels has eight edges.
TEST(FrameFigure, BoundaryFollowsThePixels) {
  Image<std::uint16_t> image(10, 10, std::uint16_t{0});
  const AnyImage view = ImageView<const std::uint16_t>(image.view());
  const auto ink = [&](std::vector<PixelPlace> pixels) {
    return count_colour(
        draw_frame_figure({.image = view, .spots = {{.box = {2, 2, 4, 4}, .pixels = std::move(pixels)}}}), kSpotMark);
  };
  const double one = ink({{2, 2}});
  const double l_shape = ink({{2, 2}, {3, 2}, {3, 3}});
  // The key below the image holds a line of the same colour, so compare growth: 4, 6 and 8 edges.
  const double two = ink({{2, 2}, {3, 2}});
  EXPECT_GT(two, one);
  EXPECT_NEAR(l_shape - two, two - one, 0.1 * (two - one) + 8);
}

TEST(Outlines, OfAFrameIncludeThoseOverTheSeam) {
  std::vector<Spot> spots(3);
  spots[0].frame_start = 2, spots[0].frame_end = 4;
  spots[1].frame_start = 8, spots[1].frame_end = 11;  // of ten frames: 8, 9, 0, 1
  spots[2].frame_start = 5, spots[2].frame_end = 5;
  const auto count = [&](int frame) { return outlines_in_frame(spots, frame, 10).size(); };
  EXPECT_EQ(count(0), 1U);
  EXPECT_EQ(count(1), 1U);
  EXPECT_EQ(count(2), 1U);
  EXPECT_EQ(count(5), 1U);
  EXPECT_EQ(count(6), 0U);
  EXPECT_EQ(count(9), 1U);
  Spot spot;
  spot.u_min = 3, spot.u_max = 5, spot.v_min = 7, spot.v_max = 7;
  EXPECT_EQ(outline_of(spot).box, (Region{3, 7, 6, 8}));
}

TEST(PipelineFigure, AnyPanelMayBeMissing) {
  Image<std::uint16_t> raw(30, 40, std::uint16_t{9});
  Image<std::int32_t> residual(30, 40, -3);
  PipelineFigure figure{.raw = ImageView<const std::uint16_t>(raw.view()), .title = "one panel"};
  draw_pipeline_figure(figure);
  figure.residual = ImageView<const std::int32_t>(residual.view());
  figure.raw = {};
  EXPECT_GT(count_colour(draw_pipeline_figure(figure), map_colour(ColourMap::kDiverging, 0)), 10000);
}

TEST(Gallery, ChoosesTheBrightestOrAnEvenSample) {
  const std::vector<Spot> spots = some_spots(57);
  const std::vector<std::size_t> bright = gallery_choice(spots, 5, GalleryChoice::kBrightest);
  ASSERT_EQ(bright.size(), 5U);
  for (std::size_t i = 0; i < spots.size(); ++i) {
    if (std::find(bright.begin(), bright.end(), i) == bright.end()) {
      EXPECT_LE(spots[i].integral, spots[bright.back()].integral);
    }
  }
  for (const std::size_t count : {1, 5, 56, 57, 300}) {
    std::vector<std::size_t> even = gallery_choice(spots, count, GalleryChoice::kEven);
    EXPECT_EQ(even.size(), std::min<std::size_t>(count, 57));
    EXPECT_TRUE(std::is_sorted(even.begin(), even.end()));
    EXPECT_EQ(std::adjacent_find(even.begin(), even.end()), even.end());
    EXPECT_LT(even.back(), 57U);
  }
}

TEST(Gallery, AnySizesOfImages) {
  Image<std::uint32_t> one(1, 1, 7U), wide(1, 900, 3U), zero(5, 4, 0U);
  std::vector<GalleryItem> items;
  for (const Image<std::uint32_t>* image : {&one, &wide, &zero}) items.push_back({4000000000U, 359.95, image->view()});
  items.push_back({1, std::numeric_limits<double>::quiet_NaN(), AnyImage()});
  for (const int columns : {-1, 1, 3, 1000}) {
    const Canvas canvas = draw_gallery(items, "sizes", columns);
    EXPECT_LE(canvas.height(), Canvas::kMaxSide);
  }
  items.assign(5000, items[0]);
  EXPECT_LE(draw_gallery(items, "many", 10).height(), Canvas::kMaxSide);
}

}  // namespace
}  // namespace dctprep::draw
