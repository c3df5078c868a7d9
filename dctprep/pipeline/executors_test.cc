// SPDX-License-Identifier: BSD-3-Clause
// Two executors, one meaning: over configurations, sizes and data drawn at random, the streaming executor gives the
// same bits as the reference.
#include <cmath>
#include <cstring>
#include <gtest/gtest.h>
#include <numeric>
#include <random>

#include "dctprep/base/error.h"
#include "dctprep/kernels/backend.h"
#include "dctprep/pipeline/prepare_run.h"
#include "dctprep/pipeline/random_scan_test.h"
#include "dctprep/pipeline/read_schedule.h"
#include "dctprep/pipeline/run.h"
#include "dctprep/read/frame_selection.h"
#include "dctprep/testing/memory_frames.h"
#include "dctprep/write/memory_sink.h"

namespace dctprep {
namespace {

using testing::bits;
using testing::Draw;
using testing::draw_config;
using testing::draw_frames;
using testing::draw_scan;
using testing::draw_sigma;
using testing::draw_sweeps;
using testing::expect_same;
using testing::run;

TEST(Executors, GiveTheSameBits) {
  std::size_t spots = 0, rejected = 0, over_the_seam = 0, split = 0, measured = 0, unmeasured = 0, in_sigma = 0;
  const std::vector<std::string> names = backends();
  for (unsigned round = 0; round < 1000; ++round) {
    Draw draw(round);
    const int frames = draw.one_in(8) ? 1 : draw.from(1, 40);
    const int height = draw.one_in(6) ? 1 : draw.from(1, 26);
    const int width = draw.one_in(10) ? 1 : draw.from(1, 33);
    Config config = draw_config(draw, frames, height, width);
    const Scan scan = draw_scan(draw, config, frames, height, width);
    SCOPED_TRACE("round " + std::to_string(round));
    config.run.threads = draw.from(1, 3);
    config.run.backend = names[static_cast<std::size_t>(draw.from(0, static_cast<int>(names.size()) - 1))];
    if (draw.one_in(3)) in_sigma += draw_sigma(draw, scan, config);
    const MemoryResult streamed = run(scan, config, Executor::kStreaming);
    expect_same(run(scan, config, Executor::kReference), streamed);
    if (HasFatalFailure()) return;
    spots += streamed.spots.size();
    rejected += streamed.rejected.size();
    for (const auto& spot : streamed.spots) {
      over_the_seam += spot.spot.frame_end >= frames;
      if (config.spots.photometry) ++(std::isfinite(spot.spot.intensity) ? measured : unmeasured);
    }
    if (config.segment.split.value() > 0) {
      config.segment.split = 0.0;
      split += run(scan, config, Executor::kStreaming).spots.size() != streamed.spots.size();
    }
  }
  use_backend("auto");
  // The draws reach what they are meant to reach.
  EXPECT_GT(spots, 2000u);
  EXPECT_GT(rejected, 1000u);
  EXPECT_GT(over_the_seam, 50u);
  EXPECT_GT(split, 30u);
  EXPECT_GT(in_sigma, 100u);
  EXPECT_GT(measured, 1000u);
  EXPECT_GT(unmeasured, 100u);
}

// One sweep of a scan as a scan of its own.
Scan scan_of(const Scan& scan, const Sweep& sweep) {
  Scan part;
  std::vector<int> frames(static_cast<std::size_t>(sweep.frames()));
  std::iota(frames.begin(), frames.end(), sweep.first);
  part.frames = select_frames(scan.frames, frames);
  part.darks = scan.darks;
  part.flats = scan.flats;
  part.omega.assign(scan.omega.begin() + sweep.first, scan.omega.begin() + sweep.last + 1);
  part.bad_pixels = scan.bad_pixels.clone();
  return part;
}

// Nothing crosses from one sweep into the next: each gives what it gives as a scan of its own.
TEST(Executors, SweepsAreScansOfTheirOwn) {
  std::size_t spots = 0, apart = 0;
  for (unsigned round = 0; round < 300; ++round) {
    Draw draw(5000 + round);
    const int frames = draw.from(2, 40), height = draw.from(1, 20), width = draw.from(1, 25);
    Config config = draw_config(draw, frames, height, width);
    config.scan.wrap = false;
    config.beam.intensity = 2000.0;
    config.beam.normalise = Normalise::kNone;  // what a frame without beam is depends on all frames
    config.beam.region = Region{};
    config.beam.transmission = false;
    config.spots.photometry = draw.one_in(2);
    Scan scan = draw_scan(draw, config, frames, height, width);
    scan.sweeps = draw_sweeps(draw, frames);
    config.run.threads = draw.from(1, 3);
    SCOPED_TRACE("round " + std::to_string(round));
    const MemoryResult whole = run(scan, config, draw.one_in(4) ? Executor::kReference : Executor::kStreaming);
    std::size_t next = 0, background = 0;
    for (const Sweep& sweep : scan.sweeps) {
      Config own = config;
      own.scan.bad_frames.clear();
      for (const int k : config.scan.bad_frames) {
        if (sweep.first <= k && k <= sweep.last) own.scan.bad_frames.push_back(k - sweep.first);
      }
      const MemoryResult part = run(scan_of(scan, sweep), own, Executor::kStreaming);
      for (std::size_t i = 0; i < part.spots.size(); ++i, ++next) {
        ASSERT_LT(next, whole.spots.size());
        Spot spot = part.spots[i].spot;
        for (auto frame : {&Spot::frame_start, &Spot::frame_end, &Spot::frame_ext_start, &Spot::frame_ext_end,
                           &Spot::frame_max, &Spot::peak_frame})
          spot.*frame += sweep.first;
        const Spot& found = whole.spots[next].spot;
        spot.id = found.id;
        // The centroid's frame is rounded once, from an exact sum: beside another whole number it may differ.
        EXPECT_NEAR(spot.frame + sweep.first, found.frame, 1e-9);
        EXPECT_NEAR(spot.omega, found.omega, 1e-9);
        spot.frame = found.frame, spot.omega = found.omega;
        ASSERT_EQ(bits(spot, [](const auto& visit) { visit_spot_columns(visit); }),
                  bits(found, [](const auto& visit) { visit_spot_columns(visit); }));
        ASSERT_EQ(part.spots[i].image, whole.spots[next].image);
        if (config.spots.photometry && std::isfinite(found.intensity)) {
          EXPECT_NEAR(spot.intensity, found.intensity, 1e-9 * std::abs(found.intensity));
        }
      }
      for (std::size_t b = 0; config.background.save && b < part.backgrounds.size(); ++b, ++background) {
        ASSERT_EQ(std::memcmp(part.backgrounds[b].data(), whole.backgrounds[background].data(),
                              2 * part.backgrounds[b].size()),
                  0);
      }
    }
    ASSERT_EQ(next, whole.spots.size());
    spots += next;
    scan.sweeps.clear();
    apart += run(scan, config, Executor::kStreaming).spots.size() != next;
  }
  EXPECT_GT(spots, 500u);
  EXPECT_GT(apart, 50u) << "sweeps make no difference in what is drawn";
}

TEST(ReadSchedule, HoldsWhatEachBlockNeedsAndReadsHardlyTwice) {
  for (unsigned round = 0; round < 300; ++round) {
    Draw draw(round);
    const int frames = draw.from(1, 120);
    const BackgroundOptions options{
        .half_window = draw.from(0, 80), .half_step = draw.from(0, 10), .stride = draw.from(1, 7)};
    const bool wrap = draw.one_in(2);
    const auto sweeps = wrap ? std::vector<Sweep>{{0, frames - 1}} : draw_sweeps(draw, frames);
    const auto blocks = background_blocks(sweeps, options);
    const int behind = draw.one_in(2) ? draw.from(1, 60) : 0;
    const ReadSchedule plan = schedule_reads(blocks, {0, blocks.size()}, frames, options, wrap, behind);
    std::vector<int> held(static_cast<std::size_t>(frames), 0), reads(static_cast<std::size_t>(frames), 0);
    int holding = 0;
    std::size_t next_block = 0;
    for (const ReadStep& step : plan.steps) {
      ASSERT_EQ(step.first_block, next_block);
      ASSERT_LT(step.first_block, step.end_block);
      next_block = step.end_block;
      for (const int k : step.read) {
        ASSERT_EQ(held[static_cast<std::size_t>(k)]++, 0);
        ++reads[static_cast<std::size_t>(k)];
        ++holding;
      }
      ASSERT_LE(holding, plan.most_frames);
      for (std::size_t b = step.first_block; b < step.end_block; ++b) {
        for (const int k : background_window(blocks[b].centre, blocks[b].sweep, options, wrap))
          ASSERT_EQ(held[static_cast<std::size_t>(k)], 1);
        const int needed = std::max(0, blocks[b].first - behind);
        for (int k = needed; k <= blocks[b].last; ++k) ASSERT_EQ(held[static_cast<std::size_t>(k)], 1);
      }
      for (const int k : step.drop) {
        // Blobs of this step may still ask for it.
        if (behind > 0) {
          ASSERT_TRUE(k < blocks[step.first_block].first - behind || k > blocks[step.end_block - 1].last);
        }
        ASSERT_EQ(held[static_cast<std::size_t>(k)]--, 1);
        --holding;
      }
    }
    EXPECT_EQ(next_block, blocks.size());
    if (behind == 0) {
      EXPECT_EQ(holding, 0);
    }
    for (int k = 0; behind > 0 && k < frames; ++k) {
      if (k >= blocks.back().first - behind || (wrap && k < behind)) {
        EXPECT_EQ(held[static_cast<std::size_t>(k)], 1);
      }
    }
    for (const int count : reads) {
      EXPECT_GE(count, 1);
      if (behind == 0 && options.stride == 1 && sweeps.size() == 1 && options.half_window >= 2 * options.half_step) {
        EXPECT_LE(count, wrap ? 2 : 1);
      }
    }
    if (!wrap && behind == 0) {
      EXPECT_LE(plan.most_frames,
                2 * options.half_window + 1 + 4 * std::max(1, options.half_step) + options.stride + 16);
    }
  }
}

TEST(RunPipeline, TooManyBadFramesEndTheRunNamingTheFirst) {
  Draw draw(1);
  Config config = draw_config(draw, 5, 4, 6);
  config.scan.wrap = false;
  config.scan.bad_frames.clear();
  config.scan.max_bad_frames = 1;
  auto source = std::make_shared<testing::MemoryFrames>(draw_frames(draw, 5, 4, 6));
  source->break_frame(3, BadFrameCause::kMissing);
  source->break_frame(1, BadFrameCause::kUnreadable);
  Scan scan = draw_scan(draw, config, 5, 4, 6);
  scan.frames = source;
  for (const Executor executor : {Executor::kStreaming, Executor::kReference}) {
    try {
      run(scan, config, executor);
      FAIL();
    } catch (const Error& error) {
      EXPECT_NE(std::string(error.what()).find("unreadable: frame 1"), std::string::npos) << error.what();
      EXPECT_NE(std::string(error.what()).find("missing: frame 3"), std::string::npos) << error.what();
    }
  }
}

TEST(RunPipeline, RefusesTooLittleMemoryWithTheNumber) {
  Draw draw(2);
  Config config = draw_config(draw, 30, 20, 20);
  config.scan.bad_frames.clear();
  const Scan scan = draw_scan(draw, config, 30, 20, 20);
  config.run.memory = 1 << 20;
  try {
    run(scan, config, Executor::kStreaming);
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kUsage);
    EXPECT_NE(std::string(error.what()).find("MiB are needed"), std::string::npos) << error.what();
  }
}

TEST(RunPipeline, NamesABlobWithoutEndAndTheLevelThatPartsIt) {
  Draw draw(3);
  constexpr int kFrames = 150, kSize = 200;
  std::vector<Image<std::uint16_t>> frames;
  for (int k = 0; k < kFrames; ++k) {
    frames.emplace_back(kSize, kSize);
    // Of the voxels, 40 % reach 30, far more than the tenth that already percolates; 5 % reach 60.
    for (auto& pixel : frames.back().pixels()) {
      const int percent = draw.from(0, 99);
      pixel = static_cast<std::uint16_t>(percent >= 40 ? 0 : percent >= 5 ? draw.from(30, 59) : draw.from(60, 99));
    }
  }
  Config config = draw_config(draw, kFrames, kSize, kSize);
  config.scan.wrap = false;
  config.scan.bad_frames.clear();
  Scan scan = draw_scan(draw, config, kFrames, kSize, kSize);
  scan.frames = std::make_shared<testing::MemoryFrames>(std::move(frames));
  scan.darks = scan.flats = nullptr;
  scan.sweeps.clear();
  scan.bad_pixels.fill(0);
  config.beam.region = Region{};
  config.beam.sample = Region{};
  config.beam.normalise = Normalise::kNone;
  config.beam.transmission = false;
  config.background.half_window = 3;
  config.background.half_step = 3;
  config.background.frame_offset = false;
  config.denoise.mode = DenoiseMode::kOff;
  config.segment.method = SegmentMethod::kDouble;
  config.segment.connectivity = 26;
  config.segment.seed = 90;
  config.segment.grow_min = 30;
  config.segment.grow_max = 30;
  config.segment.min_seed_volume = 1;
  config.segment.max_fill = 1;
  // What is refused names the least that is not.
  config.run.memory = 1;
  std::string message;
  try {
    run(scan, config, Executor::kStreaming);
  } catch (const Error& error) {
    message = error.what();
  }
  const std::size_t number = message.find("too little: ");
  ASSERT_NE(number, std::string::npos) << message;
  config.run.memory = (std::stoll(message.substr(number + 12)) + 1) << 20;
  try {
    run(scan, config, Executor::kStreaming);
    FAIL();
  } catch (const Error& error) {
    message = error.what();
  }
  EXPECT_NE(message.find("the largest spans frames 0 to "), std::string::npos) << message;
  EXPECT_NE(message.find("columns 0 to 199 and rows 0 to 199"), std::string::npos) << message;
  EXPECT_NE(message.find("peak is 99 counts at frame "), std::string::npos) << message;
  const std::size_t raise = message.find("raise segment.grow_min to ");
  ASSERT_NE(raise, std::string::npos) << message;
  // Noise of which less than about a tenth is left does not hang together.
  const int level = std::stoi(message.substr(raise + 26));
  EXPECT_GT(level, 45) << message;
  EXPECT_LE(level, 60) << message;
  config.segment.grow_min = config.segment.grow_max = level;
  EXPECT_NO_THROW(run(scan, config, Executor::kStreaming));
}

}  // namespace
}  // namespace dctprep
