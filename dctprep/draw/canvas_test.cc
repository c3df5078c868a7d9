// SPDX-License-Identifier: BSD-3-Clause
#include "dctprep/draw/canvas.h"

#include <cmath>
#include <gtest/gtest.h>
#include <limits>
#include <random>
#include <string>

#include "dctprep/base/error.h"
#include "dctprep/draw/font.h"
#include "dctprep/testing/testing.h"

namespace dctprep::draw {
namespace {

using testing::kInf;
using testing::kNan;

// How much ink lies on the canvas, in whole black pixels.
double ink(const Canvas& canvas) {
  double sum = 0;
  for (const Colour& pixel : canvas.pixels().pixels()) sum += (255.0 - pixel.r) / 255;
  return sum;
}

TEST(Canvas, RefusesSizesThatCannotBeDrawn) {
  EXPECT_THROW(Canvas(0, 10), Error);
  EXPECT_THROW(Canvas(10, -1), Error);
  EXPECT_THROW(Canvas(Canvas::kMaxSide + 1, 1), Error);
  EXPECT_EQ(Canvas(1, 1).width(), 1);
}

TEST(Canvas, CrispLineCoversExactlyItsPixels) {
  Canvas canvas(20, 9);
  canvas.line({3.5, 4.5}, {15.5, 4.5}, {.colour = kBlack});
  for (int y = 0; y < 9; ++y) {
    for (int x = 0; x < 20; ++x) {
      const bool on = y == 4 && x >= 3 && x <= 15;
      EXPECT_EQ(canvas.pixel(x, y), on ? kBlack : kWhite) << x << " " << y;
    }
  }
}

// The area of a capsule of length L and radius r is 2 r L + pi r^2, wherever it lies and however it is turned.
TEST(Canvas, InkOfLinesAndDiscsIsTheirArea) {
  std::mt19937 random(1);
  std::uniform_real_distribution<double> place(20, 80);
  for (int i = 0; i < 50; ++i) {
    Canvas canvas(100, 100);
    const Point from{place(random), place(random)};
    const Point to{place(random), place(random)};
    canvas.line(from, to, {.colour = kBlack, .width = 5});
    const double expected = 5 * std::hypot(to.x - from.x, to.y - from.y) + M_PI * 2.5 * 2.5;
    EXPECT_NEAR(ink(canvas), expected, 0.04 * expected + 1);
    Canvas round(100, 100);
    round.disc(from, 9.3, kBlack);
    EXPECT_NEAR(ink(round), M_PI * 9.3 * 9.3, 4);
  }
}

TEST(Canvas, RectangleIsCoveredByArea) {
  Canvas canvas(10, 10);
  canvas.fill_rectangle({2.25, 3, 4.5, 2.5}, kBlack);
  EXPECT_NEAR(ink(canvas), 4.5 * 2.5, 0.05);
  EXPECT_EQ(canvas.pixel(3, 3), kBlack);
  EXPECT_EQ(canvas.pixel(1, 3), kWhite);
  // Inside a single pixel.
  Canvas dot(5, 5);
  dot.fill_rectangle({2.2, 2.2, 0.5, 0.5}, kBlack);
  EXPECT_NEAR(ink(dot), 0.25, 0.01);
}

TEST(Canvas, CrossingsOfOnePolylineAreNotDarker) {
  Canvas canvas(20, 20);
  const std::vector<Point> cross{{2, 10.5}, {18, 10.5}, {18, 2}, {10.5, 2}, {10.5, 18}};
  canvas.polyline(cross, {.colour = kBlack, .width = 1, .alpha = 0.5});
  EXPECT_EQ(canvas.pixel(10, 10), canvas.pixel(6, 10));
}

TEST(Canvas, DashesLeaveGaps) {
  Canvas solid(200, 5);
  Canvas dashed(200, 5);
  solid.line({0, 2.5}, {200, 2.5}, {.colour = kBlack});
  dashed.line({0, 2.5}, {200, 2.5}, {.colour = kBlack, .dash = 10});
  EXPECT_NEAR(ink(dashed) / ink(solid), 1 / 1.7, 0.05);
}

TEST(Canvas, NothingOutsideTheClipChanges) {
  Canvas canvas(60, 50);
  const Box clip{10, 12, 30, 20};
  canvas.set_clip(clip);
  std::mt19937 random(2);
  std::uniform_real_distribution<double> place(-100, 160);
  for (int i = 0; i < 300; ++i) {
    const Point a{place(random), place(random)};
    const Point b{place(random), place(random)};
    canvas.line(a, b, {.colour = kBlack, .width = std::abs(place(random)) / 10, .dash = i % 2 == 0 ? 0.0 : 4.0});
    canvas.disc(b, std::abs(place(random)), kBlue);
    canvas.fill_rectangle({a.x, a.y, b.x, b.y}, kGreen, 0.5);
    canvas.text(a, "Clipped µ°", {.size = 2, .upwards = i % 3 == 0, .halo = true});
    for (const Marker shape : {Marker::kRing, Marker::kSquare, Marker::kPlus, Marker::kCross}) {
      canvas.marker(shape, b, 7, kBlack);
    }
  }
  for (int y = 0; y < 50; ++y) {
    for (int x = 0; x < 60; ++x) {
      const bool inside = x >= 10 && x < 40 && y >= 12 && y < 32;
      if (!inside) {
        ASSERT_EQ(canvas.pixel(x, y), kWhite) << x << " " << y;
      }
    }
  }
}

// Under the address sanitizer: no coordinate writes out of bounds; and none takes long.
TEST(Canvas, TakesAnyCoordinate) {
  const double odd[] = {0, -1, 0.5, 7, 1e3, -1e9, 1e18, -1e300, 1e308, kNan, kInf, -kInf};
  for (const auto& [width, height] : {std::pair{1, 1}, std::pair{7, 1}, std::pair{13, 17}}) {
    Canvas canvas(width, height);
    for (const double a : odd) {
      for (const double b : odd) {
        canvas.line({a, b}, {b, a}, {.width = 3});
        canvas.line({a, 2}, {b, 3}, {.width = b, .dash = 5});
        canvas.line({a, 2}, {b, 3}, {.dash = a});
        canvas.disc({a, b}, 3, kBlue);
        canvas.disc({3, 3}, a, kBlue);
        canvas.marker(Marker::kRing, {a, b}, b, kBlue);
        canvas.fill_rectangle({a, b, b, a}, kGreen);
        canvas.rectangle({a, b, a, b}, {.width = 2});
        canvas.text({a, b}, "x", {.size = 1});
        canvas.text({3, 3}, "x", {.size = a});
        canvas.set_clip({a, b, b, a});
        canvas.fill_rectangle({0, 0, 100, 100}, kGreen);
        canvas.clear_clip();
      }
    }
  }
}

TEST(Canvas, LineFromFarAwayCrossesTheCanvas) {
  Canvas canvas(21, 21);
  canvas.line({-1e9, 10.5}, {1e9, 10.5}, {.colour = kBlack});
  for (int x = 0; x < 21; ++x) EXPECT_EQ(canvas.pixel(x, 10), kBlack);
}

TEST(Font, EveryPrintableCharacterIsDrawnAndDistinct) {
  std::string letters;
  for (char c = ' '; c <= '~'; ++c) letters.push_back(c);
  std::vector<std::vector<Colour>> drawn;
  std::vector<std::string> all;
  for (const char c : letters) all.emplace_back(1, c);
  for (const char* sign : {"°", "µ", "×", "±", "−", "⁰", "¹", "⁴", "⁻", "ω", "η", "…", "≤"}) all.emplace_back(sign);
  for (const std::string& character : all) {
    Canvas canvas(24, 30);
    canvas.text({4, 20}, character, {.size = 1, .colour = kBlack});
    if (character == " ") {
      EXPECT_EQ(ink(canvas), 0);
    } else {
      EXPECT_GT(ink(canvas), 1) << character;
    }
    const auto pixels = canvas.pixels().pixels();
    std::vector<Colour> copy(pixels.begin(), pixels.end());
    for (std::size_t i = 0; i < drawn.size(); ++i) EXPECT_NE(drawn[i], copy) << character << " looks like " << all[i];
    drawn.push_back(std::move(copy));
  }
}

TEST(Font, TextStaysInsideItsWidthAndLines) {
  for (const double size : {1.0, 1.5, 2.0}) {
    Canvas canvas(1200, 80);
    const double width = canvas.text({50, 40}, "The quick brown fox jumps 0123456789 (Wj) °µ", {.size = size});
    for (int y = 0; y < 80; ++y) {
      for (int x = 0; x < 1200; ++x) {
        if (canvas.pixel(x, y) == kWhite) continue;
        EXPECT_GE(x, 49);
        EXPECT_LE(x, 51 + width);
        EXPECT_GE(y, 40 - 12 * size - 1);
        EXPECT_LE(y, 40 + 4 * size + 1);
      }
    }
  }
}

TEST(Font, MalformedUtf8IsOneBoxAByte) {
  for (std::string_view text : {"\xff", "\xc3", "\xe2\x82", "\xf0\x9f\x98", "\x80"}) {
    const std::size_t length = text.size();
    std::size_t characters = 0;
    while (!text.empty()) {
      EXPECT_EQ(next_character(text), char32_t{0});
      ++characters;
    }
    EXPECT_EQ(characters, length);
  }
  std::string_view good = "aµ→\U0001F600";
  EXPECT_EQ(next_character(good), U'a');
  EXPECT_EQ(next_character(good), U'µ');
  EXPECT_EQ(next_character(good), U'→');
  EXPECT_EQ(next_character(good), U'\U0001F600');
  EXPECT_TRUE(good.empty());
}

TEST(Font, RotatedTextIsTheTurnedText) {
  Canvas flat(101, 101);
  Canvas turned(101, 101);
  flat.text({50, 50}, "v (pixels)", {.align_x = AlignX::kCentre});
  turned.text({50, 50}, "v (pixels)", {.align_x = AlignX::kCentre, .upwards = true});
  EXPECT_NEAR(ink(flat), ink(turned), 0.02 * ink(flat));
}

}  // namespace
}  // namespace dctprep::draw
