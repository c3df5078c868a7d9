// SPDX-License-Identifier: BSD-3-Clause
#include "dctprep/estimate/levels/false_spots.h"

#include <cmath>
#include <gtest/gtest.h>
#include <random>

#include "dctprep/segment/segment.h"

namespace dctprep {
namespace {

constexpr int kEdge = 100;

// Runs of frames of normal noise in the lower halves; the same, stronger, in the first `lit` columns of the upper ones.
std::vector<GroupResiduals> noise_groups(int groups, int frames, double sigma, int lit = 0, unsigned seed = 1) {
  std::mt19937 random(seed);
  std::normal_distribution<double> normal(0, sigma);
  std::vector<GroupResiduals> made(static_cast<std::size_t>(groups));
  for (GroupResiduals& group : made) {
    group.background = Image<std::uint16_t>(kEdge, kEdge, 100);
    for (int k = 0; k < frames; ++k) {
      Residual r{Image<std::uint16_t>(kEdge, kEdge, 0), Image<std::uint16_t>(kEdge, kEdge, 0)};
      for (auto& pixel : r.below.pixels())
        pixel = static_cast<std::uint16_t>(std::max(0L, std::lround(normal(random))));
      for (int v = 0; v < kEdge; ++v) std::fill_n(r.above.row(v), lit, std::uint16_t{10000});
      group.run.push_back(std::move(r));
    }
  }
  return made;
}

NoiseSource source_of(const std::vector<GroupResiduals>& groups, double sigma, bool is_simulated = true) {
  return {groups, {.typical = sigma, .high = sigma, .skew = 1}, is_simulated};
}

SegmentOptions options_of(int seed, int volume, int grow) {
  SegmentOptions options;
  options.seed = options.grow_max = seed;
  options.grow_min = grow;
  options.min_seed_volume = volume;
  options.split = 0.5;
  return options;
}

// What a scan of as many frames yields, of the same noise drawn once more.
double count_in_scan(int frames, double sigma, const SegmentOptions& options) {
  const std::vector<GroupResiduals> scan = noise_groups(1, frames, sigma, 0, 2);
  std::vector<ImageView<const std::uint16_t>> volume;
  for (const Residual& r : scan.front().run) volume.push_back(r.below);
  double count = 0;
  for (const Blob& blob : segment_volume(volume, options, false)) count += !blob.small_seed;
  return count;
}

TEST(ExpectedFalseSpots, AreThoseOfALongScan) {
  constexpr double kSigma = 20;
  const std::vector<GroupResiduals> groups = noise_groups(5, 5, kSigma);
  const NoiseSource noise = source_of(groups, kSigma);
  struct Case {
    double seed, grow;
    int volume;
  };
  // From thousands, which are counted, to a few, which are extrapolated.
  for (const Case& c : {Case{2, 1.7, 1}, Case{2, 2, 5}, Case{2.5, 2, 3}, Case{3, 2, 2}, Case{3.3, 2.2, 2},
                        Case{3.7, 2, 1}, Case{4.2, 2, 1}}) {
    const SegmentOptions options =
        options_of(static_cast<int>(c.seed * kSigma), c.volume, static_cast<int>(c.grow * kSigma));
    const std::optional<double> expected = expected_false_spots(noise, groups, options, 150);
    const double found = count_in_scan(150, kSigma, options);
    ASSERT_TRUE(expected.has_value()) << c.seed;
    EXPECT_LT(*expected, 1.5 * found + 5) << c.seed << " " << c.volume;
    EXPECT_GT(1.5 * *expected + 5, found) << c.seed << " " << c.volume;
  }
}

TEST(ExpectedFalseSpots, FallBelowTheLastCountAsNormalNoiseDoes) {
  const std::vector<GroupResiduals> groups = noise_groups(5, 5, 20);
  const auto expected = [&](int seed) {
    return expected_false_spots(source_of(groups, 20), groups, options_of(seed, 1, 40), 1000).value();
  };
  // Of single voxels: 1000 frames of 10^4, each above the level with the normal probability; few of them touch.
  for (const double sigmas : {4.0, 4.5, 5.0, 5.5}) {
    const double all = 1e7 * 0.5 * std::erfc((sigmas * 20 - 0.5) / 20 / std::sqrt(2.0));
    EXPECT_LT(std::abs(std::log(expected(static_cast<int>(sigmas * 20)) / all)), std::log(2.5)) << sigmas;
  }
}

TEST(ExpectedFalseSpots, LeaveOutWhatSpotsCover) {
  const std::vector<GroupResiduals> bare = noise_groups(5, 5, 20), half = noise_groups(5, 5, 20, kEdge / 2);
  const SegmentOptions options = options_of(42, 2, 40);
  const double all = expected_false_spots(source_of(bare, 20), bare, options, 100).value();
  EXPECT_NEAR(expected_false_spots(source_of(half, 20), half, options, 100).value() / all, 0.5, 0.06);
}

TEST(ExpectedFalseSpots, AreNotKnownOfShadowsNorOfNoiseThatIsConnected) {
  const std::vector<GroupResiduals> groups = noise_groups(5, 5, 20);
  EXPECT_FALSE(expected_false_spots(source_of(groups, 20, false), groups, options_of(60, 2, 40), 100));
  EXPECT_FALSE(
      expected_false_spots(source_of(groups, 20), groups, options_of(60, 2, 20), 100));  // a sixth of all voxels
  EXPECT_TRUE(expected_false_spots(source_of(groups, 20), groups, options_of(60, 2, 40), 100));
  EXPECT_FALSE(expected_false_spots(source_of({}, 20), {}, options_of(60, 2, 40), 100));
}

TEST(ExpectedFalseBlobs, CarryOnTheDecayThatWasCounted) {
  // 1000 exp(-(level - 10)) components of 4 voxels.
  std::vector<FalseBlobs> counted;
  for (int level = 10; level < 20; ++level)
    counted.push_back(
        {level, std::vector<std::uint32_t>(static_cast<std::size_t>(std::lround(1000 * std::exp(10 - level))), 4)});
  const NoiseSource noise = source_of({}, 3, false);
  EXPECT_EQ(expected_false_blobs(counted, 4, 12, noise), 135);
  EXPECT_EQ(expected_false_blobs(counted, 5, 10, noise), 1);
  EXPECT_NEAR(expected_false_blobs(counted, 4, 17, noise), 1000 * std::exp(-7), 0.3);
  EXPECT_LT(expected_false_blobs(counted, 4, 25, noise), 1e-3);
  EXPECT_EQ(expected_false_blobs({}, 4, 25, noise), 0);
  // A few large ones that no extrapolation knows of.
  counted.push_back({40, {9, 9, 9}});
  EXPECT_EQ(expected_false_blobs(counted, 4, 40, noise), 3);
}

TEST(ExpectedFalseBlobs, OfSimulatedNoiseGoWithTheSquareOfTheLevel) {
  const auto count = [](double level) { return 5e4 * std::exp(-level * level / 50); };
  std::vector<FalseBlobs> counted;
  for (int level = 10; level < 22; level += 2)
    counted.push_back({level, std::vector<std::uint32_t>(static_cast<std::size_t>(std::lround(count(level))), 4)});
  const NoiseSource noise = source_of({}, 3);
  for (const int level : {8, 10, 11, 13, 17, 21, 25})
    EXPECT_NEAR(expected_false_blobs(counted, 4, level, noise) / count(level), 1, 0.15) << level;
  EXPECT_LE(expected_false_blobs(counted, 5, 12, noise), 1);
  EXPECT_EQ(expected_false_blobs({}, 4, 25, noise), 0);
}

TEST(FalseBlobs, AreCountedByVolume) {
  const FalseBlobs blobs{7, {12, 5, 5, 3, 1}};
  EXPECT_EQ(blobs.at_least(1), 5u);
  EXPECT_EQ(blobs.at_least(5), 3u);
  EXPECT_EQ(blobs.at_least(6), 1u);
  EXPECT_EQ(blobs.at_least(13), 0u);
  EXPECT_EQ(blobs.at_least(0), 5u);
}

}  // namespace
}  // namespace dctprep
