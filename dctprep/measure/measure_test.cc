// SPDX-License-Identifier: BSD-3-Clause
#include "dctprep/measure/measure.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <gtest/gtest.h>
#include <map>
#include <random>
#include <set>
#include <sstream>

#include "dctprep/measure/moments.h"
#include "dctprep/measure/spot_image.h"
#include "dctprep/testing/testing.h"

namespace dctprep {
namespace {

MeasureContext context_of(int frames, int height, int width) {
  MeasureContext context;
  context.frames = frames;
  context.height = height;
  context.width = width;
  for (int k = 0; k < frames; ++k) context.omega.push_back(-10 + 0.25 * k);
  context.bad_frames.assign(static_cast<std::size_t>(frames), 0);
  context.half_window = 250;
  return context;
}

Blob blob_of(std::vector<Voxel> voxels) {
  Blob blob;
  blob.voxels = std::move(voxels);
  blob.level = blob.growth_threshold = 7;
  blob.seed_volume = 3;
  return blob;
}

const SparseFrame& no_frames(int) {
  static const SparseFrame none;
  return none;
}

TEST(Moments, EqualPythonsWholeNumbers) {
  std::mt19937 random(1);
  const testing::TemporaryFolder folder;
  std::ostringstream program;
  program << "from math import sqrt\ndef check(v, got):\n"
             "  lo=[min(x[i] for x in v) for i in range(3)]; S=sum(x[3] for x in v); d=[[x[i]-lo[i] for x in v] for i "
             "in range(3)]; F=[x[3] for x in v]\n"
             "  m=[sum(f*a for f,a in zip(F,d[i])) for i in range(3)]; q=[sum(f*a*a for f,a in zip(F,d[i])) for i in "
             "range(3)]\n"
             "  c=sum(f*a*b for f,a,b in zip(F,d[1],d[2]))\n"
             "  want=[float(lo[i]*S+m[i])/float(S) for i in range(3)]+[sqrt(float(q[i]*S-m[i]*m[i])/float(S*S)) for i "
             "in range(3)]+[float(c*S-m[1]*m[2])/float(S*S)]\n"
             "  assert want==got, (want,got)\n";
  for (int round = 0; round < 30; ++round) {
    std::set<std::tuple<int, int, int>> places;
    const int count = 1 + static_cast<int>(random() % 200);
    for (int i = 0; i < count; ++i)
      places.emplace(5 + random() % (round % 3 ? 9 : 9000), 100 + random() % (round % 3 ? 30 : 1900), random() % 2000);
    std::vector<Voxel> voxels;
    for (const auto& [k, v, u] : places)
      voxels.push_back({k, static_cast<std::uint16_t>(v), static_cast<std::uint16_t>(u),
                        static_cast<std::uint16_t>(1 + random() % 65535)});
    Spot spot;
    spot.frame_start = voxels.front().frame;
    spot.u_min = spot.v_min = 65535;
    program << "check([";
    for (const Voxel& voxel : voxels) {
      spot.u_min = std::min<int>(spot.u_min, voxel.u);
      spot.v_min = std::min<int>(spot.v_min, voxel.v);
      program << "(" << voxel.frame << "," << voxel.v << "," << voxel.u << "," << voxel.value << "),";
    }
    set_moments(runs_of(voxels), spot);
    char text[512];
    std::snprintf(text, sizeof text, "],[%.17g,%.17g,%.17g,%.17g,%.17g,%.17g,%.17g])\n", spot.frame, spot.v, spot.u,
                  spot.sigma_frame, spot.sigma_v, spot.sigma_u, spot.cov_uv);
    program << text;
  }
  const auto result = testing::run_python(program.str(), folder.path());
  EXPECT_EQ(result.status, 0) << result.output;
}

TEST(Moments, OfTheLongestRunOfTheLargestValuesDoNotOverflow) {
  // Centroid and variance of 65,536 equal values: the sums are known in closed form.
  std::vector<Voxel> voxels;
  for (int u = 0; u < 65536; ++u) voxels.push_back({3, 7, static_cast<std::uint16_t>(u), 65535});
  Spot spot{.frame_start = 3, .v_min = 7};
  set_moments(runs_of(voxels), spot);
  EXPECT_EQ(spot.u, 32767.5);
  EXPECT_EQ(spot.v, 7);
  EXPECT_EQ(spot.frame, 3);
  EXPECT_EQ(spot.sigma_v, 0);
  EXPECT_DOUBLE_EQ(spot.sigma_u, std::sqrt((65536.0 * 65536.0 - 1) / 12));
}

TEST(OmegaTrim, DropsFaintFramesAndTailsButNeverTheBrightest) {
  const auto trimmed = [](std::vector<int> sums, double trim_min, double trim_tail) {
    std::vector<Voxel> voxels;
    for (std::size_t k = 0; k < sums.size(); ++k)
      voxels.push_back({static_cast<int>(k), 0, 0, static_cast<std::uint16_t>(sums[k])});
    Spot spot;
    spot.frame_end = static_cast<int>(sums.size()) - 1;
    set_omega_trim(runs_of(voxels), {.trim_min = trim_min, .trim_tail = trim_tail}, spot);
    return std::tuple(spot.frame_ext_start, spot.frame_max, spot.frame_ext_end);
  };
  EXPECT_EQ(trimmed({1, 50, 100, 100, 50, 1}, 0, 0), std::tuple(0, 2, 5));
  EXPECT_EQ(trimmed({1, 50, 100, 100, 50, 1}, 0.5, 0), std::tuple(1, 2, 4));
  EXPECT_EQ(trimmed({1, 50, 100, 100, 50, 1}, 0.02, 0.17), std::tuple(2, 2, 3));  // 50 <= 0.17 * 302
  EXPECT_EQ(trimmed({1, 50, 100, 100, 50, 1}, 0, 0.17), std::tuple(2, 2, 3));     // 1 + 50 <= 51.34
  EXPECT_EQ(trimmed({1, 50, 100, 100, 50, 1}, 1, 1), std::tuple(2, 2, 2));
  EXPECT_EQ(trimmed({7}, 1, 1), std::tuple(0, 0, 0));
}

TEST(Measure, FlagsSayWhatTouchesWhat) {
  MeasureContext context = context_of(10, 20, 30);
  context.beam = {10, 5, 15, 9};
  context.excluded = context.beam.grown(2, 20, 30);  // columns 8 ... 16, rows 3 ... 10
  const auto flags = [&](int k, int v, int u) {
    return measure_blob(blob_of({{k, static_cast<std::uint16_t>(v), static_cast<std::uint16_t>(u), 9}}), context,
                        no_frames)
        .spot.flags;
  };
  EXPECT_EQ(flags(4, 15, 25), 0u);
  EXPECT_EQ(flags(0, 15, 25), kTruncated);
  EXPECT_EQ(flags(9, 15, 25), kTruncated);
  EXPECT_EQ(flags(4, 0, 25), kBorder);
  EXPECT_EQ(flags(4, 15, 29), kBorder);
  EXPECT_EQ(flags(4, 2, 7), kCut);
  EXPECT_EQ(flags(4, 11, 17), kCut);
  EXPECT_EQ(flags(4, 12, 17), 0u);
  context.bad_frames[6] = 1;
  EXPECT_EQ(flags(5, 15, 25), kBadFrame);
  EXPECT_EQ(flags(7, 15, 25), kBadFrame);
  EXPECT_EQ(flags(8, 15, 25), 0u);
  context.half_window = 1;
  EXPECT_EQ(flags(3, 15, 25), kLong);
  context.half_window = 2;
  context.wrap = true;
  context.bad_frames[6] = 0;
  context.bad_frames[9] = 1;
  EXPECT_EQ(flags(0, 15, 25), kBadFrame);
}

TEST(Measure, BadPixelsDoNotSaturateSpots) {
  MeasureContext context = context_of(10, 20, 30);
  Image<std::uint8_t> bad_pixels(20, 30, 0);
  bad_pixels(7, 12) = 1;
  const auto flags = [&](std::uint16_t saturated_u) {
    std::vector<Voxel> voxels;
    for (std::uint16_t u = 10; u < 15; ++u) voxels.push_back({4, 7, u, 9, u == saturated_u});
    return measure_blob(blob_of(std::move(voxels)), context, no_frames).spot.flags;
  };
  EXPECT_EQ(flags(12), kSaturated);  // no mask
  context.bad_pixels = bad_pixels;
  EXPECT_EQ(flags(12), 0u);
  EXPECT_EQ(flags(13), kSaturated);
  EXPECT_EQ(flags(0), 0u);
}

// Voxel by voxel, in any blob: gaps in rows, several runs of a row, equal peaks, frames over the seam.
TEST(Measure, EqualsPlainSums) {
  std::mt19937 random(9);
  const auto from = [&](int low, int high) { return std::uniform_int_distribution<int>(low, high)(random); };
  const int frames = 12, height = 40, width = 300;
  for (int round = 0; round < 500; ++round) {
    MeasureContext context = context_of(frames, height, width);
    context.wrap = true;
    context.spots.trim_min = 0.1 * from(0, 3);
    context.excluded = {150, 10, 170, 20};
    const int k0 = from(0, frames - 1), v0 = from(0, 30), u0 = from(0, 200), size = from(1, 95), most = from(1, 50);
    std::vector<Voxel> voxels;
    std::set<std::pair<int, int>> pixels;
    std::map<int, std::uint64_t> by_frame;
    std::uint64_t integral = 0;
    std::uint32_t flags = 0;
    for (int k = k0; k < k0 + from(1, 5); ++k) {
      for (int v = v0; v < std::min(height, v0 + size); ++v) {
        for (int u = u0; u < std::min(width, u0 + size); ++u) {
          if (from(0, 3) == 0) continue;
          const Voxel voxel{k, static_cast<std::uint16_t>(v), static_cast<std::uint16_t>(u),
                            static_cast<std::uint16_t>(from(1, most)), from(0, 5000) == 0};
          voxels.push_back(voxel);
          pixels.emplace(v, u);
          by_frame[k] += voxel.value;
          integral += voxel.value;
          if (voxel.saturated) flags |= kSaturated;
          if (9 <= v && v <= 20 && 149 <= u && u <= 170) flags |= kCut;
        }
      }
    }
    if (voxels.empty()) continue;
    const auto weaker = [&](const Voxel& a, const Voxel& b) {
      return a.value != b.value ? a.value < b.value
                                : std::tuple(a.frame % frames, a.v, a.u) > std::tuple(b.frame % frames, b.v, b.u);
    };
    const Voxel peak = *std::max_element(voxels.begin(), voxels.end(), weaker);
    const MeasuredBlob measured = measure_blob(blob_of(voxels), context, no_frames);
    const Spot& spot = measured.spot;
    SCOPED_TRACE(round);
    ASSERT_EQ(measured.voxels, voxels);
    EXPECT_EQ(spot.volume, voxels.size());
    EXPECT_EQ(spot.area, pixels.size());
    EXPECT_EQ(spot.integral, integral);
    EXPECT_EQ(std::tuple(spot.peak, spot.peak_frame, spot.peak_v, spot.peak_u),
              std::tuple(peak.value, peak.frame, peak.v, peak.u));
    EXPECT_EQ(spot.flags & (kSaturated | kCut), flags);
    EXPECT_EQ(spot.v_min, pixels.begin()->first);
    EXPECT_EQ(spot.v_max, pixels.rbegin()->first);
    std::vector<std::uint32_t> image(static_cast<std::size_t>(spot.width() * spot.height()), 0);
    int u_min = width, u_max = 0;
    for (const Voxel& voxel : voxels) {
      u_min = std::min<int>(u_min, voxel.u);
      u_max = std::max<int>(u_max, voxel.u);
      if (spot.frame_ext_start <= voxel.frame && voxel.frame <= spot.frame_ext_end)
        image[static_cast<std::size_t>((voxel.v - spot.v_min) * spot.width() + voxel.u - spot.u_min)] += voxel.value;
    }
    EXPECT_EQ(std::pair(spot.u_min, spot.u_max), std::pair(u_min, u_max));
    EXPECT_EQ(measured.image, image);
    EXPECT_EQ(by_frame[spot.frame_max],
              std::max_element(by_frame.begin(), by_frame.end(), [](const auto& a, const auto& b) {
                return a.second < b.second;
              })->second);
  }
}

TEST(Measure, RejectsWithTheFirstReason) {
  MeasureContext context = context_of(10, 20, 30);
  const auto reason = [&] { return measure_blob(blob_of({{0, 0, 4, 9}, {0, 0, 5, 8}}), context, no_frames).rejected; };
  EXPECT_FALSE(reason());
  context.filter.reject_truncated = true;
  EXPECT_EQ(reason()->reason, RejectReason::kRejectTruncated);
  context.filter.reject_border = true;
  EXPECT_EQ(reason()->reason, RejectReason::kRejectBorder);
  context.filter.min_beam_distance = 5;
  EXPECT_EQ(reason()->reason, RejectReason::kRejectBorder);  // no beam, no distance
  context.beam = {8, 0, 12, 4};
  EXPECT_EQ(reason()->reason, RejectReason::kMinBeamDistance);  // columns 6 and 7 between
  context.filter.min_frames = 2;
  EXPECT_EQ(reason()->reason, RejectReason::kMinFrames);
  context.filter.max_extent = 1;
  EXPECT_EQ(reason()->reason, RejectReason::kMaxExtent);
  context.filter.min_area = 3;
  EXPECT_EQ(reason()->reason, RejectReason::kMinArea);
  context.voxel_min = 10;
  EXPECT_EQ(reason()->reason, RejectReason::kVoxelClip);
  EXPECT_EQ(reason()->volume, 2u);
}

TEST(Measure, WhatTheClipLeavesBehindTheSeamMovesBackByATurn) {
  MeasureContext context = context_of(10, 20, 30);
  context.wrap = true;
  context.voxel_max = 50;
  const auto measured = measure_blob(blob_of({{9, 5, 5, 60}, {10, 5, 5, 40}, {11, 5, 5, 30}}), context, no_frames);
  EXPECT_EQ(measured.spot.frame_start, 0);
  EXPECT_EQ(measured.spot.frame_end, 1);
  EXPECT_EQ(measured.spot.seed_volume, 3u);
}

TEST(OmegaAt, CountsOnBeyondTheLastFrame) {
  const std::vector<double> up{-10, 80, 170, 260}, down{10, -80, -170, -260};
  EXPECT_EQ(omega_at(0, up), -10);
  EXPECT_EQ(omega_at(3, up), 260);
  EXPECT_EQ(omega_at(3.5, up), 305);
  EXPECT_EQ(omega_at(5, up), 440);
  EXPECT_EQ(omega_at(3.5, down), -305);
}

TEST(SpotImage, BoxAndOutlineTakeEveryVoxelOfTheLowestLevel) {
  MeasureContext context = context_of(4, 8, 8);
  SparseFrame sparse;
  sparse.runs = {{2, 1, 4, 0}, {3, 2, 3, 3}};
  sparse.values = {5, 6, 7, 8};
  const auto image = [&](SpotImage kind) {
    context.spots.image = kind;
    return measure_blob(blob_of({{1, 2, 2, 6}, {1, 3, 3, 4}}), context,
                        [&](int) -> const SparseFrame& { return sparse; })
        .image;
  };
  EXPECT_EQ(image(SpotImage::kBlob3d), (std::vector<std::uint32_t>{6, 0, 0, 4}));
  EXPECT_EQ(image(SpotImage::kBox), (std::vector<std::uint32_t>{6, 7, 8, 0}));
  EXPECT_EQ(image(SpotImage::kBlob2d), (std::vector<std::uint32_t>{6, 0, 0, 0}));
  EXPECT_TRUE(image(SpotImage::kNone).empty());
}

}  // namespace
}  // namespace dctprep
