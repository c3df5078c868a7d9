// SPDX-License-Identifier: BSD-3-Clause
#include "dctprep/measure/set_values.h"

#include <gtest/gtest.h>
#include <random>

namespace dctprep {
namespace {

TEST(VoxelValues, AreThoseOfTheFramesAlsoOverTheSeam) {
  std::mt19937 random(5);
  constexpr int kFrames = 4, kHeight = 9, kWidth = 70;
  std::vector<SparseFrame> frames;
  std::vector<Voxel> voxels;
  std::vector<std::uint16_t> expected;
  for (int k = 0; k < kFrames; ++k) {
    SparseFrame& frame = frames.emplace_back();
    frame.frame = k;
    for (int v = 0; v < kHeight; ++v) {
      for (int u = 0; u < kWidth;) {
        const int end = std::min<int>(kWidth, u + 1 + static_cast<int>(random() % 5));
        frame.runs.push_back({v, u, end, static_cast<std::uint32_t>(frame.values.size())});
        for (; u < end; ++u) frame.values.push_back(static_cast<std::uint16_t>(1000 * k + 80 * v + u));
        u += 1 + static_cast<int>(random() % 4);
      }
    }
  }
  // A blob that begins in the last frames and goes on in the first.
  for (const int k : {2, 3, 4, 5}) {
    const SparseFrame& frame = frames[static_cast<std::size_t>(k % kFrames)];
    for (const dctprep::Run& run : frame.runs) {
      for (int u = run.u_begin; u < run.u_end; ++u) {
        if (random() % 3 == 0) continue;
        voxels.push_back({k, static_cast<std::uint16_t>(run.v), static_cast<std::uint16_t>(u), 7, false});
        expected.push_back(static_cast<std::uint16_t>(1000 * (k % kFrames) + 80 * run.v + u));
      }
    }
  }
  set_values(voxels, kFrames, [&](int k) -> const SparseFrame& { return frames[static_cast<std::size_t>(k)]; });
  for (std::size_t i = 0; i < voxels.size(); ++i) ASSERT_EQ(voxels[i].value, expected[i]);
}

}  // namespace
}  // namespace dctprep
