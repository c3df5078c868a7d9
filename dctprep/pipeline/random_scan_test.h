// SPDX-License-Identifier: BSD-3-Clause
// Scans and configurations drawn at random, and results compared bit by bit.
#pragma once

#include <array>
#include <cstring>
#include <gtest/gtest.h>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "dctprep/base/error.h"
#include "dctprep/pipeline/prepare_run.h"
#include "dctprep/pipeline/run.h"
#include "dctprep/testing/memory_frames.h"
#include "dctprep/write/memory_sink.h"

namespace dctprep::testing {

class Draw {
 public:
  explicit Draw(unsigned seed) : random_(seed) {}
  int from(int low, int high) { return std::uniform_int_distribution<int>(low, high)(random_); }
  bool one_in(int n) { return from(1, n) == 1; }
  double share() { return std::uniform_real_distribution<double>(0, 1)(random_); }

 private:
  std::mt19937 random_;
};

// A background with a bright rectangle, spots that live for a few frames, noise, hot pixels.
inline std::vector<Image<std::uint16_t>> draw_frames(Draw& draw, int frames, int height, int width) {
  const bool busy = draw.one_in(4);
  std::vector<Image<std::uint16_t>> stack;
  for (int k = 0; k < frames; ++k) {
    stack.emplace_back(height, width);
    const int level = 100 + draw.from(0, 8);
    for (auto& pixel : stack.back().pixels()) pixel = static_cast<std::uint16_t>(level + draw.from(0, busy ? 60 : 12));
    for (int v = height / 3; v < height / 2; ++v) {
      for (int u = width / 3; u < width / 2; ++u)
        stack.back()(v, u) = static_cast<std::uint16_t>(2000 + draw.from(-200, 200));
    }
  }
  const int spots = draw.from(0, frames * height * width / 150 + 3);
  for (int i = 0; i < spots; ++i) {
    const int k0 = draw.from(0, frames - 1), v0 = draw.from(0, height - 1), u0 = draw.from(0, width - 1);
    const int deep = draw.from(1, 5), size = draw.from(1, 5), peak = draw.one_in(10) ? 65535 : draw.from(20, 400);
    for (int k = k0; k < k0 + deep; ++k) {
      Image<std::uint16_t>& frame = stack[static_cast<std::size_t>(k % frames)];
      for (int v = v0; v < std::min(height, v0 + size); ++v) {
        for (int u = u0; u < std::min(width, u0 + size); ++u)
          frame(v, u) = static_cast<std::uint16_t>(std::min(65535, frame(v, u) + peak / (1 + std::abs(v - v0 - 1))));
      }
    }
  }
  return stack;
}

inline Config draw_config(Draw& draw, int frames, int height, int width) {
  Config c;
  c.scan.wrap = frames >= 3 && draw.one_in(3);
  c.scan.max_bad_frames = frames;
  c.scan.saturation = draw.one_in(2) ? 65535 : 300;
  for (int i = draw.from(0, 3); i > 0; --i) c.scan.bad_frames.push_back(draw.from(0, frames - 1));
  const Region beam{width / 3, height / 3, width / 2, height / 2};
  const bool has_beam = !beam.empty() && draw.one_in(2);
  c.beam.region = has_beam ? beam : Region{};
  c.beam.sample = Region{};
  c.beam.normalise = has_beam ? static_cast<Normalise>(draw.from(0, 2)) : Normalise::kNone;
  if (has_beam && beam.width() < 3 && c.beam.normalise.value() == Normalise::kMargin)
    c.beam.normalise = Normalise::kFullbeam;
  if (c.beam.normalise.value() == Normalise::kMargin)
    c.beam.sample = Region{beam.u0 + 1, beam.v0, beam.u1 - 1, beam.v1};
  c.beam.margin = draw.from(1, 6);
  if (draw.one_in(3)) c.beam.intensity = 1000 + 2000 * draw.share();
  c.beam.guard = draw.from(0, 4);
  c.beam.transmission = has_beam && draw.one_in(2);
  c.background.half_window = draw.one_in(5) ? draw.from(0, 1000) : draw.from(0, frames);
  c.background.half_step = draw.from(0, 8);
  c.background.stride = draw.one_in(2) ? 1 : draw.from(1, 5);
  c.background.frame_offset = !draw.one_in(4);
  c.background.offset_stride = draw.from(1, 5);
  c.background.save = !draw.one_in(4);
  c.denoise.mode = static_cast<DenoiseMode>(draw.from(0, 2));
  c.denoise.radius = draw.from(1, 3);
  c.denoise.threshold = draw.from(1, 60);
  c.segment.method = draw.one_in(4) ? SegmentMethod::kSingle : SegmentMethod::kDouble;
  c.segment.seed = draw.from(8, 40);
  c.segment.tau = draw.share();
  c.segment.grow_min = draw.from(3, step_of(c.segment.seed));
  c.segment.grow_max = draw.from(step_of(c.segment.grow_min), 100);
  c.segment.connectivity = std::array{6, 18, 26}[static_cast<std::size_t>(draw.from(0, 2))];
  c.segment.min_seed_volume = draw.from(0, 6);
  if (draw.one_in(3)) c.segment.voxel_min = draw.from(0, 40);
  if (draw.one_in(3)) c.segment.voxel_max = draw.from(40, 300);
  c.segment.max_fill = 1;
  if (draw.one_in(2)) {
    c.filter.min_area = draw.from(0, 5);
    c.filter.max_area = draw.one_in(2) ? draw.from(5, 60) : 0;
    c.filter.min_extent = draw.from(0, 2);
    c.filter.max_extent = draw.one_in(2) ? draw.from(4, 20) : 0;
    c.filter.min_frames = draw.from(0, 2);
    c.filter.max_frames = draw.one_in(2) ? draw.from(2, 10) : 0;
    c.filter.min_beam_distance = draw.from(0, 4);
    c.filter.reject_border = draw.one_in(3);
    c.filter.reject_truncated = draw.one_in(3);
  }
  c.spots.trim_min = draw.one_in(2) ? 0.0005 : draw.share();
  c.spots.trim_tail = draw.one_in(2) ? 0.0005 : draw.share();
  c.spots.image = static_cast<SpotImage>(draw.from(0, 3));
  c.spots.voxels = !draw.one_in(5);
  c.spots.rejected = !draw.one_in(5);
  if (draw.one_in(2)) c.segment.split = draw.share();
  c.spots.photometry = !draw.one_in(4);
  c.spots.photometry_frames = draw.one_in(2) ? draw.from(1, 5) : draw.from(1, 40);
  return c;
}

// Levels in units of the noise, where the scan tells it.
inline bool draw_sigma(Draw& draw, const Scan& scan, Config& config) {
  Config c = config;
  c.segment.unit = SegmentUnit::kSigma;
  const int seed = draw.from(32, 160), grow_min = draw.from(16, seed);
  c.segment.seed = seed / 16.0;
  c.segment.grow_min = grow_min / 16.0;
  c.segment.grow_max = grow_min / 16.0 + 5 * draw.share();
  Progress silent;
  try {
    prepare_run(scan, c, silent);
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("does not tell its noise"), std::string::npos) << error.what();
    return false;
  }
  config = c;
  return true;
}

// All frames in up to five sweeps.
inline std::vector<Sweep> draw_sweeps(Draw& draw, int frames) {
  std::vector<Sweep> sweeps{{0, frames - 1}};
  while (sweeps.size() < 5 && sweeps.back().frames() > 1 && !draw.one_in(4)) {
    const int start = draw.from(sweeps.back().first + 1, frames - 1);
    sweeps.back().last = start - 1;
    sweeps.push_back({start, frames - 1});
  }
  return sweeps;
}

inline Scan draw_scan(Draw& draw, const Config& config, int frames, int height, int width) {
  Scan scan;
  auto source = std::make_shared<MemoryFrames>(draw_frames(draw, frames, height, width));
  for (int i = draw.from(0, 2); i > 0; --i)
    source->break_frame(draw.from(0, frames - 1),
                        draw.one_in(2) ? BadFrameCause::kMissing : BadFrameCause::kUnreadable);
  scan.frames = source;
  if (draw.one_in(2)) scan.darks = std::make_shared<MemoryFrames>(draw_frames(draw, 3, height, width));
  if (draw.one_in(2)) scan.flats = std::make_shared<MemoryFrames>(draw_frames(draw, 2, height, width));
  const double step = config.scan.wrap.value() ? 360.0 / frames : 0.1;
  for (int k = 0; k < frames; ++k) scan.omega.push_back(-90 + step * k);
  if (!config.scan.wrap.value() && draw.one_in(3)) scan.sweeps = draw_sweeps(draw, frames);
  scan.bad_pixels = Image<std::uint8_t>(height, width, 0);
  if (draw.one_in(2)) {
    for (auto& pixel : scan.bad_pixels.pixels()) pixel = draw.one_in(15);
    scan.bad_pixels(height / 3, width / 3) = 0;
  }
  return scan;
}

// Spots and rejected rows without padding, doubles by their bits, so that NaN equals NaN.
template <class Row, class Visit>
std::string bits(const Row& row, const Visit& visit) {
  std::string text;
  visit([&](const ColumnInfo&, auto member) {
    const auto value = row.*member;
    text.append(reinterpret_cast<const char*>(&value), sizeof value);
  });
  return text;
}

template <class T>
void expect_same_bits(const std::vector<T>& a, const std::vector<T>& b, const char* what) {
  ASSERT_EQ(a.size(), b.size()) << what;
  if (!a.empty()) {
    EXPECT_EQ(std::memcmp(a.data(), b.data(), a.size() * sizeof(T)), 0) << what;
  }
}

template <class T>
void expect_same_images(const std::vector<Image<T>>& a, const std::vector<Image<T>>& b, const char* what) {
  ASSERT_EQ(a.size(), b.size()) << what;
  for (std::size_t i = 0; i < a.size(); ++i) {
    ASSERT_EQ(a[i].size(), b[i].size()) << what << " " << i;
    ASSERT_TRUE(a[i].empty() || std::memcmp(a[i].data(), b[i].data(), a[i].size() * sizeof(T)) == 0)
        << what << " " << i;
  }
}

inline void expect_same(const MemoryResult& a, const MemoryResult& b) {
  expect_same_images(a.backgrounds, b.backgrounds, "background");
  expect_same_images(a.transmissions, b.transmissions, "transmission");
  expect_same_bits(a.summary.frame_offset, b.summary.frame_offset, "frame_offset");
  expect_same_bits(a.summary.beam_intensity, b.summary.beam_intensity, "intensity");
  expect_same_bits(a.summary.beam_factor, b.summary.beam_factor, "factor");
  EXPECT_EQ(a.summary.bad_frames, b.summary.bad_frames);
  EXPECT_EQ(a.summary.rejected_count, b.summary.rejected_count);
  ASSERT_EQ(a.spots.size(), b.spots.size());
  for (std::size_t i = 0; i < a.spots.size(); ++i) {
    const auto columns = [&](const auto& visit) { visit_spot_columns_of(a.header, visit); };
    ASSERT_EQ(bits(a.spots[i].spot, columns), bits(b.spots[i].spot, columns)) << "spot " << i;
    ASSERT_EQ(a.spots[i].voxels, b.spots[i].voxels) << "voxels of spot " << i;
    ASSERT_EQ(a.spots[i].image, b.spots[i].image) << "image of spot " << i;
  }
  ASSERT_EQ(a.rejected.size(), b.rejected.size());
  for (std::size_t i = 0; i < a.rejected.size(); ++i) {
    const auto columns = [](const auto& visit) { visit_rejected_columns(visit); };
    ASSERT_EQ(bits(a.rejected[i], columns), bits(b.rejected[i], columns)) << "rejected blob " << i;
  }
}

inline MemoryResult run(const Scan& scan, const Config& config, Executor executor) {
  MemorySink sink;
  Progress silent;
  run_pipeline(scan, config, "", sink, silent, executor);
  return sink.take();
}

}  // namespace dctprep::testing
