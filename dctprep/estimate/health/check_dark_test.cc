// SPDX-License-Identifier: BSD-3-Clause
#include "dctprep/estimate/health/check_dark.h"

#include <gtest/gtest.h>
#include <random>

#include "dctprep/correct/dark.h"
#include "dctprep/testing/memory_frames.h"

namespace dctprep {
namespace {

constexpr int kDetectorRows = 60, kDetectorColumns = 80;

// A detector whose offset has a pattern of its own, darks of it, and frames lit by `light` photons.
class Detector {
 public:
  explicit Detector(double offset, double pattern, int darks = 10) : offset_(kDetectorRows, kDetectorColumns) {
    std::normal_distribution<double> spread(offset, pattern);
    for (std::size_t i = 0; i < offset_.size(); ++i) offset_.data()[i] = std::max(0.0, spread(random_));
    for (int k = 0; k < darks; ++k) darks_.push_back(image(0));
    std::vector<Image<std::uint16_t>> copies;
    for (const auto& dark : darks_) copies.push_back(dark.clone());
    median_ = median_of_frames(testing::MemoryFrames(std::move(copies)), "dark");
  }

  Image<std::uint16_t> image(double light) {
    std::normal_distribution<double> noise(0, 2);
    std::poisson_distribution<int> photons(std::max(1e-9, light));
    Image<std::uint16_t> made(kDetectorRows, kDetectorColumns);
    for (std::size_t i = 0; i < made.size(); ++i) {
      const double value = offset_.data()[i] + noise(random_) + (light > 0 ? photons(random_) : 0);
      made.data()[i] = static_cast<std::uint16_t>(std::max(0.0, std::nearbyint(value)));
    }
    return made;
  }

  // `corrected`: with the dark taken off, as the detector's own program does it, and `pedestal` added.
  DarkFit fit(double light, bool corrected = false, int pedestal = 0) {
    std::vector<Image<std::uint16_t>> frames;
    for (int k = 0; k < 5; ++k) {
      frames.push_back(image(light));
      if (!corrected) continue;
      for (std::size_t i = 0; i < frames.back().size(); ++i) {
        const int left = frames.back().data()[i] + pedestal - median_.data()[i];
        frames.back().data()[i] = static_cast<std::uint16_t>(std::max(0, left));
      }
    }
    return fit_dark(frames, darks_, median_, Image<std::uint8_t>(kDetectorRows, kDetectorColumns, 0));
  }

 private:
  std::mt19937 random_{5};
  Image<double> offset_;
  std::vector<Image<std::uint16_t>> darks_;
  Image<std::uint16_t> median_;
};

bool fits(const DarkFit& fit) { return !dark_problem(fit, "DARK"); }

TEST(CheckDark, RawFramesFitTheirDark) {
  for (const double light : {0.0, 0.5, 10.0, 300.0}) {
    Detector detector(100, 4);
    const DarkFit fit = detector.fit(light);
    EXPECT_TRUE(fits(fit)) << light << ": " << *dark_problem(fit, "DARK");
    EXPECT_TRUE(fit.pattern_known);
    EXPECT_NEAR(fit.pattern, 1, 4 * fit.pattern_error + 0.1) << light;
    EXPECT_NEAR(fit.dark_median, 100, 1);
    EXPECT_NEAR(fit.frame_median, 100 + light, 2);
  }
  EXPECT_TRUE(fits(Detector(100, 0).fit(50))) << "no pattern that could be missing";
  EXPECT_TRUE(fits(Detector(100, 4, 1).fit(50, true, 100))) << "one dark does not tell its noise from its pattern";
}

TEST(CheckDark, OfAPhotonCounterIsZero) {
  std::vector<Image<std::uint16_t>> frames, darks;
  for (int k = 0; k < 3; ++k)
    frames.emplace_back(kDetectorRows, kDetectorColumns, std::uint16_t{0}),
        darks.emplace_back(kDetectorRows, kDetectorColumns, std::uint16_t{0});
  frames[1](3, 4) = 7;
  EXPECT_TRUE(fits(fit_dark(frames, darks, darks[0], Image<std::uint8_t>(kDetectorRows, kDetectorColumns, 0))));
}

TEST(CheckDark, ADarkAboveTheFramesIsTold) {
  Detector detector(100, 4);
  const DarkFit twice = detector.fit(20, true);
  EXPECT_GT(twice.below, 0.99);
  EXPECT_GT(twice.cleared, 0.99);
  const std::string text = *dark_problem(twice, "/data/dark.h5");
  for (const char* said : {"/data/dark.h5 lies above the frames", "100.0 % of all lie below it",
                           "20 counts of the frames", "100 of the dark", "scan.dark = \"none\""}) {
    EXPECT_NE(text.find(said), std::string::npos) << text;
  }
  // By a little only: the light is some 200 counts, the dark 100.
  EXPECT_FALSE(fits(detector.fit(70, true)));
}

TEST(CheckDark, FramesThatAreCorrectedLackItsPattern) {
  Detector detector(100, 4);
  const DarkFit fit = detector.fit(300, true);
  EXPECT_LT(fit.below, 0.01);
  EXPECT_NEAR(fit.pattern, 0, 4 * fit.pattern_error + 0.1);
  const std::string text = *dark_problem(fit, "DARK");
  EXPECT_NE(text.find("seem to be dark-corrected already"), std::string::npos) << text;
  EXPECT_FALSE(fits(detector.fit(10, true, 200))) << "a pedestal hides the level";
}

TEST(CheckDark, ADarkThatIsTheFramesLeavesNothing) {
  std::vector<Image<std::uint16_t>> frames, darks;
  for (int k = 0; k < 3; ++k)
    frames.emplace_back(kDetectorRows, kDetectorColumns, std::uint16_t{50}),
        darks.emplace_back(kDetectorRows, kDetectorColumns, std::uint16_t{50});
  const auto problem =
      dark_problem(fit_dark(frames, darks, darks[0], Image<std::uint8_t>(kDetectorRows, kDetectorColumns, 0)), "DARK");
  ASSERT_TRUE(problem);
  EXPECT_NE(problem->find("leaves nothing of the frames: 100.0 % of their pixels above 0"), std::string::npos)
      << *problem;
}

}  // namespace
}  // namespace dctprep
