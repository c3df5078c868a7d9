// SPDX-License-Identifier: BSD-3-Clause
#include "dctprep/correct/normalise.h"

#include <cmath>
#include <gtest/gtest.h>
#include <random>

#include "dctprep/base/error.h"
#include "dctprep/correct/dark.h"

namespace dctprep {
namespace {

TEST(Normalise, RoundsHalfToEvenAndSaturates) {
  std::mt19937 random(1);
  std::uniform_real_distribution<float> factors(0.0f, 3.0f);
  Image<std::uint16_t> all(256, 256);
  for (int round = 0; round < 40; ++round) {
    const float factor = round == 0   ? 1.0f
                         : round == 1 ? 0.5f
                         : round == 2 ? 1e-9f
                         : round == 3 ? 1e9f
                                      : factors(random);
    for (int i = 0; i < 65536; ++i) all.data()[i] = static_cast<std::uint16_t>(i);
    normalise(all, factor);
    for (int i = 0; i < 65536; ++i) {
      const float product = static_cast<float>(i) * factor;
      const float expected = std::min(65535.0f, std::rint(product));
      ASSERT_EQ(all.data()[i], static_cast<std::uint16_t>(expected)) << i << " * " << factor;
    }
  }
}

TEST(SubtractDark, StopsAtZero) {
  Image<std::uint16_t> frame(1, 3), dark(1, 3, 100);
  frame(0, 0) = 99, frame(0, 1) = 100, frame(0, 2) = 65535;
  subtract_dark(frame, dark);
  EXPECT_EQ(frame(0, 0), 0);
  EXPECT_EQ(frame(0, 1), 0);
  EXPECT_EQ(frame(0, 2), 65435);
  subtract_dark(frame, {});
  EXPECT_EQ(frame(0, 2), 65435);
}

TEST(BeamIntensity, IsTheMeanOfTheGoodPixels) {
  Image<std::uint16_t> frame(4, 6);
  for (int i = 0; i < 24; ++i) frame.data()[i] = static_cast<std::uint16_t>(i);
  Image<std::uint8_t> bad(4, 6, 0);
  BeamOptions options{
      .region = Region{1, 1, 5, 3}, .sample = Region{2, 0, 4, 0}, .normalise = Normalise::kMargin, .margin = 5};
  options.sample = Region{2, 1, 4, 3};
  auto regions = intensity_regions(options, 4, 6, bad);
  EXPECT_EQ(beam_intensity(frame, regions, bad), (7 + 13 + 10 + 16) / 4.0);
  bad(1, 1) = 1;
  EXPECT_EQ(beam_intensity(frame, regions, bad), (13 + 10 + 16) / 3.0);
  options.normalise = Normalise::kFullbeam;
  regions = intensity_regions(options, 4, 6, bad);
  EXPECT_EQ(beam_intensity(frame, regions, bad), (8 + 9 + 10 + 13 + 14 + 15 + 16) / 7.0);
  EXPECT_EQ(beam_intensity(frame, {}, bad), 1.0);
}

TEST(IntensityRegions, RefuseWhatCannotBeMeasured) {
  const Image<std::uint8_t> good(4, 6, 0), bad(4, 6, 1);
  const BeamOptions whole{.region = Region{0, 0, 6, 4}, .sample = Region{0, 0, 6, 4}, .normalise = Normalise::kMargin};
  EXPECT_THROW(intensity_regions(whole, 4, 6, good), Error);
  BeamOptions other = whole;
  other.normalise = Normalise::kFullbeam;
  EXPECT_NO_THROW(intensity_regions(other, 4, 6, good));
  EXPECT_THROW(intensity_regions(other, 4, 6, bad), Error);
  other.region = Region{0, 0, 7, 4};
  EXPECT_THROW(intensity_regions(other, 4, 6, good), Error);
  other.region = Region{};
  EXPECT_THROW(intensity_regions(other, 4, 6, good), Error);
  other.normalise = Normalise::kNone;
  EXPECT_TRUE(intensity_regions(other, 4, 6, good).empty());
}

TEST(IntensitySample, TakesAboutSixtyFour) {
  EXPECT_EQ(intensity_sample(1), std::vector<int>{0});
  EXPECT_EQ(intensity_sample(127).size(), 127u);
  EXPECT_EQ(intensity_sample(128).size(), 64u);
  EXPECT_EQ(intensity_sample(10000)[1], 156);
}

}  // namespace
}  // namespace dctprep
