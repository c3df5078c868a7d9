// SPDX-License-Identifier: BSD-3-Clause
#include "dctprep/segment/segment.h"

#include <algorithm>
#include <gtest/gtest.h>
#include <random>
#include <sstream>

#include "dctprep/base/error.h"
#include "dctprep/segment/grow_blobs.h"
#include "dctprep/segment/threshold.h"
#include "dctprep/testing/testing.h"

namespace dctprep {
namespace {

using Volume = std::vector<Image<std::uint16_t>>;

Volume random_volume(std::mt19937& random, int frames, int height, int width, int spread) {
  Volume volume;
  for (int k = 0; k < frames; ++k) {
    volume.emplace_back(height, width);
    for (auto& pixel : volume.back().pixels())
      pixel = static_cast<std::uint16_t>(random() % static_cast<unsigned>(spread));
  }
  return volume;
}

std::vector<Blob> segment(const Volume& volume, const SegmentOptions& options, bool wrap = false) {
  std::vector<ImageView<const std::uint16_t>> views(volume.begin(), volume.end());
  return segment_volume(views, options, wrap);
}

SegmentOptions levels(int seed, double tau, int grow_min, int grow_max) {
  SegmentOptions options;
  options.seed = seed;
  options.tau = tau;
  options.grow_min = grow_min;
  options.grow_max = grow_max;
  options.min_seed_volume = 0;
  return options;
}

TEST(Segment, OneThresholdEqualsScipysLabels) {
  std::mt19937 random(1);
  const testing::TemporaryFolder folder;
  for (const int connectivity : {6, 18, 26}) {
    const int height = 13, width = 17, frames = 9;
    const Volume volume = random_volume(random, frames, height, width, 100);
    SegmentOptions options = levels(connectivity == 6 ? 65 : 85, 0.1, 1, 1);
    options.method = SegmentMethod::kSingle;
    options.connectivity = connectivity;
    std::ostringstream program;
    program << "import numpy as np, scipy.ndimage as n\na=np.array([";
    for (const auto& frame : volume) {
      for (const auto pixel : frame.pixels()) program << pixel << ",";
    }
    program << "]).reshape(" << frames << "," << height << "," << width
            << ")\nlabel,count=n.label(a>=" << step_of(options.seed) << ",n.generate_binary_structure(3,"
            << (connectivity == 6    ? 1
                : connectivity == 18 ? 2
                                     : 3)
            << "))\n"
            << "print(sorted((int((label==i).sum()),int(a[label==i].sum()),int(a[label==i].max())) for i in "
               "range(1,count+1)))\n";
    std::vector<std::tuple<std::size_t, int, int>> found;
    for (const Blob& blob : segment(volume, options)) {
      int sum = 0, largest = 0;
      for (const Voxel& voxel : blob.voxels) sum += voxel.value, largest = std::max<int>(largest, voxel.value);
      found.emplace_back(blob.voxels.size(), sum, largest);
    }
    std::sort(found.begin(), found.end());
    std::string text;
    for (const auto& [size, sum, largest] : found) {
      text += (text.empty() ? "[(" : ", (") + std::to_string(size) + ", " + std::to_string(sum) + ", " +
              std::to_string(largest) + ")";
    }
    const auto result = testing::run_python(program.str(), folder.path());
    EXPECT_EQ(result.output, text + "]\n") << connectivity;
  }
}

// Two hills of 100 and 80 with a saddle of 30 between, on a slope of ones.
Volume two_hills() {
  Volume volume;
  volume.emplace_back(1, 9);
  const std::uint16_t row[] = {1, 20, 100, 50, 30, 40, 80, 15, 1};
  std::copy(row, row + 9, volume.back().data());
  return volume;
}

TEST(Segment, PartsTheWeakerAtTheSaddleAboveItsThreshold) {
  // g = 10 for the stronger, 8 for the weaker: the stronger's blob at 10 holds the weaker.
  auto blobs = segment(two_hills(), levels(60, 0.1, 5, 20));
  ASSERT_EQ(blobs.size(), 1u);
  EXPECT_EQ(blobs[0].level, 10);
  EXPECT_EQ(blobs[0].voxels.size(), 7u);
  // g = 40 and 32: the stronger stays above the saddle, the weaker too, on its own.
  blobs = segment(two_hills(), levels(60, 0.4, 5, 50));
  ASSERT_EQ(blobs.size(), 2u);
  EXPECT_EQ(blobs[0].level, 40);
  EXPECT_EQ(blobs[1].level, 32);
  EXPECT_EQ(blobs[1].voxels.size(), 2u);
  // g = 35 and 28: the weaker would run into the stronger at 30, so it stops at 31.
  blobs = segment(two_hills(), levels(60, 0.35, 5, 50));
  ASSERT_EQ(blobs.size(), 2u);
  EXPECT_EQ(blobs[0].level, 35);
  EXPECT_EQ(blobs[1].growth_threshold, 28);
  EXPECT_EQ(blobs[1].level, 31);
}

TEST(Segment, SmallComponentsAreNoSeeds) {
  SegmentOptions options = levels(60, 0.35, 5, 50);
  options.min_seed_volume = 2;  // neither hill has two voxels of 60
  for (const Blob& blob : segment(two_hills(), options)) {
    EXPECT_TRUE(blob.small_seed);
    EXPECT_EQ(blob.voxels.size(), 1u);
  }
  EXPECT_EQ(segment(two_hills(), options).size(), 2u);
}

TEST(Segment, BlobsOverTheSeamCountOnPastTheEnd) {
  Volume volume;
  for (int k = 0; k < 5; ++k) volume.emplace_back(1, 1, static_cast<std::uint16_t>(k == 2 ? 0 : 10 + k));
  const auto blobs = segment(volume, levels(10, 1, 1, 10), true);
  ASSERT_EQ(blobs.size(), 1u);
  ASSERT_EQ(blobs[0].voxels.size(), 4u);
  EXPECT_EQ(blobs[0].voxels.front().frame, 3);
  EXPECT_EQ(blobs[0].voxels.back().frame, 6);
  EXPECT_EQ(blobs[0].voxels.back().value, 11);
  EXPECT_EQ(segment(volume, levels(10, 1, 1, 10), false).size(), 2u);
  volume[2].fill(10);
  const auto whole = segment(volume, levels(10, 1, 1, 10), true);
  ASSERT_EQ(whole.size(), 1u);
  EXPECT_EQ(whole[0].voxels.front().frame, 0);
  EXPECT_EQ(whole[0].voxels.back().frame, 4);
}

TEST(GrowthThreshold, IsClippedAndNeverAboveTheSeed) {
  const SegmentOptions options = levels(50, 0.1, 7, 20);
  EXPECT_EQ(growth_threshold(50, options), 7);
  EXPECT_EQ(growth_threshold(100, options), 10);  // 0.1 * 100 is a little more than 10 in binary
  EXPECT_EQ(growth_threshold(101, options), 11);
  EXPECT_EQ(growth_threshold(60000, options), 20);
  EXPECT_EQ(growth_threshold(60000, levels(15, 0.1, 7, 20)), 15);
}

TEST(ThresholdFrame, FindsRunsAndMarksSaturation) {
  Image<std::uint16_t> frame(2, 5, 0);
  frame(0, 3) = frame(0, 4) = frame(1, 0) = frame(1, 2) = 9;
  const std::vector<std::uint32_t> saturated{0, 4, 7};
  const SparseFrame sparse = threshold_frame(frame, 3, 9, saturated);
  ASSERT_EQ(sparse.runs.size(), 3u);
  EXPECT_EQ(sparse.runs[0].u_begin, 3);
  EXPECT_EQ(sparse.runs[0].u_end, 5);
  EXPECT_EQ(sparse.runs[1].v, 1);
  EXPECT_EQ(sparse.runs[1].u_end, 1);
  EXPECT_EQ(sparse.values.size(), 4u);
  EXPECT_EQ(sparse.saturated, (std::vector<std::uint32_t>{1, 3}));
}

TEST(CheckFill, NamesTheLevelThatOnePercentReach) {
  Image<std::uint16_t> frame(10, 20, 5);
  frame(0, 0) = 100;
  frame(0, 1) = 90;
  frame(0, 2) = 80;
  SegmentOptions options;
  options.grow_min = 5;
  options.max_fill = 1;
  const SparseFrame sparse = threshold_frame(frame, 7, 5, {});
  EXPECT_NO_THROW(check_fill(sparse, 200, options));
  options.max_fill = 0.25;
  EXPECT_NO_THROW(check_fill(threshold_frame(frame, 7, 6, {}), 200, options));
  const auto message = [&](const SparseFrame& passing) {
    try {
      check_fill(passing, 200, options);
    } catch (const Error& error) {
      return std::string(error.what());
    }
    return std::string();
  };
  EXPECT_NE(message(sparse).find("frame 7: 100.0 %"), std::string::npos) << message(sparse);
  EXPECT_NE(message(sparse).find("segment.grow_min = \"5 counts\","), std::string::npos) << message(sparse);
  EXPECT_NE(message(sparse).find("81"), std::string::npos) << message(sparse);  // 90 and 100 are 1 %
  // What is below the level does not count, though it was kept.
  for (int u = 0; u < 20; ++u) frame(9, u) = 2;
  EXPECT_NE(message(threshold_frame(frame, 7, 1, {})).find("frame 7: 90.0 %"), std::string::npos);
  // In sixteenths of a standard deviation.
  options.unit = SegmentUnit::kSigma;
  EXPECT_NE(message(sparse).find("segment.grow_min = \"0.3125 sigma\","), std::string::npos) << message(sparse);
  EXPECT_NE(message(sparse).find("at 5.0625 sigma only"), std::string::npos) << message(sparse);
}

TEST(RaiseLevel, GivesWhatAHigherThresholdGives) {
  std::mt19937 random(7);
  for (int round = 0; round < 200; ++round) {
    Image<std::uint16_t> frame(5, 1 + static_cast<int>(random() % 150));
    for (auto& pixel : frame.pixels()) pixel = static_cast<std::uint16_t>(random() % 20);
    std::vector<std::uint32_t> saturated;
    for (std::uint32_t i = 0; i < frame.size(); ++i) {
      if (random() % 5 == 0) saturated.push_back(i);
    }
    const int low = 1 + static_cast<int>(random() % 10), high = low + static_cast<int>(random() % 10);
    SparseFrame raised = threshold_frame(frame, 3, low, saturated);
    std::vector<std::uint16_t> counts;
    for (const std::uint16_t value : raised.values) counts.push_back(static_cast<std::uint16_t>(1000 + value));
    raise_level(raised, counts, high);
    const SparseFrame expected = threshold_frame(frame, 3, high, saturated);
    EXPECT_EQ(raised.frame, 3);
    EXPECT_EQ(raised.values, expected.values);
    EXPECT_EQ(raised.saturated, expected.saturated);
    ASSERT_EQ(raised.runs.size(), expected.runs.size());
    for (std::size_t i = 0; i < raised.runs.size(); ++i) {
      const auto &a = raised.runs[i], &b = expected.runs[i];
      EXPECT_TRUE(a.v == b.v && a.u_begin == b.u_begin && a.u_end == b.u_end && a.offset == b.offset);
    }
    ASSERT_EQ(counts.size(), raised.values.size());
    for (std::size_t i = 0; i < counts.size(); ++i) EXPECT_EQ(counts[i], 1000 + raised.values[i]);
  }
}

}  // namespace
}  // namespace dctprep
