#include "dctprep/measure/measure.h"

#include <algorithm>
#include <cstdio>
#include <gtest/gtest.h>
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
    set_moments(voxels, spot);
    char text[512];
    std::snprintf(text, sizeof text, "],[%.17g,%.17g,%.17g,%.17g,%.17g,%.17g,%.17g])\n", spot.frame, spot.v, spot.u,
                  spot.sigma_frame, spot.sigma_v, spot.sigma_u, spot.cov_uv);
    program << text;
  }
  const auto result = testing::run_python(program.str(), folder.path());
  EXPECT_EQ(result.status, 0) << result.output;
}

TEST(OmegaTrim, DropsFaintFramesAndTailsButNeverTheBrightest) {
  const auto trimmed = [](std::vector<int> sums, double trim_min, double trim_tail) {
    std::vector<Voxel> voxels;
    for (std::size_t k = 0; k < sums.size(); ++k)
      voxels.push_back({static_cast<int>(k), 0, 0, static_cast<std::uint16_t>(sums[k])});
    Spot spot;
    spot.frame_end = static_cast<int>(sums.size()) - 1;
    set_omega_trim(voxels, {.trim_min = trim_min, .trim_tail = trim_tail}, spot);
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
