// SPDX-License-Identifier: BSD-3-Clause
#include "dctprep/draw/colour_map.h"

#include <cmath>
#include <gtest/gtest.h>
#include <limits>
#include <random>

#include "dctprep/testing/testing.h"

namespace dctprep::draw {
namespace {

using testing::kNan;

double luminance(Colour c) { return 0.2126 * c.r + 0.7152 * c.g + 0.0722 * c.b; }

TEST(ColourMap, EndsAndBeyond) {
  EXPECT_EQ(map_colour(ColourMap::kGrey, 0), kBlack);
  EXPECT_EQ(map_colour(ColourMap::kGrey, 1), kWhite);
  EXPECT_EQ(map_colour(ColourMap::kInverse, 0), kWhite);
  for (const ColourMap map : {ColourMap::kGrey, ColourMap::kInverse, ColourMap::kViridis, ColourMap::kDiverging}) {
    EXPECT_EQ(map_colour(map, -1e300), map_colour(map, 0));
    EXPECT_EQ(map_colour(map, std::numeric_limits<double>::infinity()), map_colour(map, 1));
    EXPECT_EQ(map_colour(map, kNan), kNoData);
  }
  EXPECT_EQ(map_colour(ColourMap::kDiverging, 0.5), (Colour{247, 247, 247}));
}

TEST(ColourMap, ViridisGrowsBrighterThroughout) {
  double before = -1;
  for (int i = 0; i <= 200; ++i) {
    const double now = luminance(map_colour(ColourMap::kViridis, i / 200.0));
    EXPECT_GE(now, before - 0.5);
    before = now;
  }
}

TEST(ColourMap, ViridisIsMatplotlibs) {
  testing::TemporaryFolder folder;
  const testing::CommandResult oracle = testing::run_python(
      "try:\n from matplotlib import cm\nexcept ImportError:\n raise SystemExit(77)\n"
      "print(*[round(255 * c) for i in range(256) for c in cm.viridis(i)[:3]])\n",
      folder.path());
  if (oracle.status == 77) GTEST_SKIP() << "no matplotlib here";
  ASSERT_EQ(oracle.status, 0) << oracle.output;
  std::istringstream values(oracle.output);
  for (int i = 0; i < 256; ++i) {
    int r = 0, g = 0, b = 0;
    ASSERT_TRUE(values >> r >> g >> b);
    const Colour ours = map_colour(ColourMap::kViridis, i / 255.0);
    EXPECT_NEAR(ours.r, r, 6) << i;
    EXPECT_NEAR(ours.g, g, 6) << i;
    EXPECT_NEAR(ours.b, b, 6) << i;
  }
}

TEST(ColourScale, PositionsAreMonotoneAndInvertible) {
  for (const Scaling scaling : {Scaling::kLinear, Scaling::kSqrt, Scaling::kLog, Scaling::kAsinh}) {
    const ColourScale scale{ColourMap::kGrey, scaling, {-20, 300}};
    EXPECT_NEAR(scale.position(-20), 0, 1e-12);
    EXPECT_NEAR(scale.position(300), 1, 1e-12);
    double before = -1;
    for (double value = -20; value <= 300; value += 3) {
      const double position = scale.position(value);
      EXPECT_GT(position, before);
      before = position;
      EXPECT_NEAR(scale.value_at(position), value, 1e-6);
    }
    EXPECT_TRUE(std::isnan(scale.position(kNan)));
    EXPECT_LE(scale.position(-1e9), 0);
  }
  const ColourScale even{ColourMap::kDiverging, Scaling::kAsinh, {-50, 50}};
  EXPECT_NEAR(even.position(0), 0.5, 1e-12);
}

TEST(RobustRange, IsThePercentile) {
  Image<std::uint16_t> image(100, 101);
  std::vector<int> order(image.size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = static_cast<int>(i);
  std::shuffle(order.begin(), order.end(), std::mt19937(3));
  for (std::size_t i = 0; i < order.size(); ++i) image.data()[i] = static_cast<std::uint16_t>(order[i]);
  const ValueRange range = robust_range(ImageView<const std::uint16_t>(image.view()), 10, 90);
  EXPECT_NEAR(range.low, 0.1 * 10099, 1);
  EXPECT_NEAR(range.high, 0.9 * 10099, 1);
}

TEST(RobustRange, OddImages) {
  const auto check = [](const AnyImage& image) {
    for (const ValueRange range : {robust_range(image), symmetric_range(image)}) {
      EXPECT_TRUE(std::isfinite(range.low) && std::isfinite(range.high));
      EXPECT_LT(range.low, range.high);
    }
  };
  check(ImageView<const std::uint16_t>());
  Image<float> nothing(3, 5, std::numeric_limits<float>::quiet_NaN());
  check(ImageView<const float>(nothing.view()));
  Image<float> huge(3, 5, std::numeric_limits<float>::max());
  huge(0, 0) = -std::numeric_limits<float>::max();
  huge(0, 1) = std::numeric_limits<float>::infinity();
  check(ImageView<const float>(huge.view()));
  Image<std::int32_t> constant(1, 1, -7);
  check(ImageView<const std::int32_t>(constant.view()));
  Image<std::uint32_t> top(2, 2, 0xFFFFFFFFU);
  check(ImageView<const std::uint32_t>(top.view()));
}

// A thresholded frame: one value nearly everywhere, and what matters are the others.
TEST(RobustRange, OfNearlyOneValueIsThatOfTheOthers) {
  Image<std::int32_t> image(100, 100, 0);
  for (int u = 0; u < 11; ++u) image(50, u) = 300 + u;
  const AnyImage view = ImageView<const std::int32_t>(image.view());
  const ValueRange range = robust_range(view, 0, 50);
  EXPECT_EQ(range.low, 0);
  EXPECT_EQ(range.high, 305);
  EXPECT_EQ(symmetric_range(view, 50).high, 305);
}

// Above a million pixels only some are looked at; they stand for the whole also where columns alternate.
TEST(RobustRange, SampleOfALargeImageSeesEveryColumn) {
  Image<std::uint16_t> image(2048, 2048);
  for (int v = 0; v < 2048; ++v) {
    for (int u = 0; u < 2048; ++u) image(v, u) = static_cast<std::uint16_t>(u % 4 == 0 ? 1000 : 10);
  }
  const ValueRange range = robust_range(ImageView<const std::uint16_t>(image.view()), 50, 80);
  EXPECT_EQ(range.low, 10);
  EXPECT_EQ(range.high, 1000);
}

}  // namespace
}  // namespace dctprep::draw
