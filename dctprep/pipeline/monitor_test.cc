// SPDX-License-Identifier: BSD-3-Clause
// Frames normalised by a beam monitor, in both executors.
#include <algorithm>
#include <cmath>
#include <gtest/gtest.h>

#include "dctprep/base/error.h"
#include "dctprep/pipeline/plain_config_test.h"
#include "dctprep/pipeline/run.h"
#include "dctprep/testing/memory_frames.h"
#include "dctprep/testing/memory_scan.h"
#include "dctprep/testing/testing.h"
#include "dctprep/write/memory_sink.h"

namespace dctprep {
namespace {

constexpr int kMonitored = 21, kRows = 12, kColumns = 14;

double reading(int k) { return 3e5 * (1 + 0.3 * std::sin(1.3 * k)); }

// 400 counts under a reading of 3e5, a spot in frames 9 to 11; frame 4 has a reading of 1 % only, that of frame 6 is
// NaN, and frame 2 is listed as bad, with a reading that is far off.
class MonitoredScan {
 public:
  MonitoredScan() {
    std::vector<Image<std::uint16_t>> stack;
    std::string list;
    for (int k = 0; k < kMonitored; ++k) {
      const double share = reading(k) / 3e5;
      stack.emplace_back(kRows, kColumns, static_cast<std::uint16_t>(std::lround(400 * share)));
      for (int v = 4; v < 7 && 9 <= k && k <= 11; ++v)
        for (int u = 5; u < 9; ++u) stack.back()(v, u) = static_cast<std::uint16_t>(std::lround(900 * share));
      const std::string value = k == 4 ? "3000.0" : k == 6 ? "np.nan" : k == 2 ? "9e9" : fmt::format("{}", reading(k));
      list += value + ", ";
    }
    const auto made = testing::run_python(fmt::format(R"(
import h5py, numpy as np
with h5py.File('scan.h5', 'w') as f: f['data'] = np.zeros(({}, 12, 14), 'u2'); f['fpico3'] = np.array([{}])
)",
                                                      kMonitored, list),
                                          folder_.path());
    EXPECT_EQ(made.status, 0) << made.output;
    scan = testing::memory_scan(std::make_shared<testing::MemoryFrames>(std::move(stack)));
    scan.storage.location = (folder_ / "scan.h5").string() + "::/data";
  }

  Scan scan;

 private:
  testing::TemporaryFolder folder_;
};

Config monitor_config() {
  Config config = testing::plain_config();
  config.beam.normalise = Normalise::kMonitor;
  config.beam.monitor = "fpico3";
  config.scan.bad_frames = {2};
  config.scan.max_bad_frames = 3;
  config.background.half_window = 30;
  config.background.half_step = 2;
  config.background.frame_offset = false;
  config.denoise.mode = DenoiseMode::kOff;
  config.denoise.threshold = 1;
  config.segment.seed = 100;
  config.segment.grow_min = 50;
  config.segment.grow_max = 80;
  config.segment.min_seed_volume = 1;
  config.segment.max_fill = 1;
  return config;
}

MemoryResult run_monitored(const Scan& scan, const Config& config, Executor executor) {
  MemorySink sink;
  Progress silent;
  run_pipeline(scan, config, "", sink, silent, executor);
  return sink.take();
}

TEST(Monitor, ScalesEveryFrameToItsMedianInBothExecutors) {
  const MonitoredScan monitored;
  std::vector<double> good;
  for (int k = 0; k < kMonitored; ++k) {
    if (k != 2 && k != 6) good.push_back(k == 4 ? 3000.0 : reading(k));
  }
  std::ranges::sort(good);
  const double median = good[good.size() / 2];
  const MemoryResult reference = run_monitored(monitored.scan, monitor_config(), Executor::kReference);
  const MemoryResult streamed = run_monitored(monitored.scan, monitor_config(), Executor::kStreaming);
  for (const MemoryResult* result : {&reference, &streamed}) {
    const ResultSummary& summary = result->summary;
    using Bad = std::vector<std::pair<int, BadFrameCause>>;
    EXPECT_EQ(summary.bad_frames,
              (Bad{{2, BadFrameCause::kListed}, {4, BadFrameCause::kNoBeam}, {6, BadFrameCause::kNoBeam}}));
    for (int k = 0; k < kMonitored; ++k) {
      const auto i = static_cast<std::size_t>(k);
      if (k == 2 || k == 4 || k == 6) {
        EXPECT_TRUE(std::isnan(summary.beam_intensity[i])) << k;
        EXPECT_EQ(summary.beam_factor[i], 1.0f) << k;
      } else {
        EXPECT_EQ(summary.beam_intensity[i], reading(k)) << k;
        EXPECT_EQ(summary.beam_factor[i], static_cast<float>(median / reading(k))) << k;
      }
    }
    ASSERT_EQ(result->spots.size(), 1u);
    EXPECT_EQ(result->spots[0].spot.volume, 3u * 3 * 4);
    EXPECT_TRUE(result->header.monitor.ends_with("scan.h5::/fpico3")) << result->header.monitor;
    EXPECT_NE(result->header.config.find("intensity = \"auto\""), std::string::npos);
  }
  EXPECT_EQ(reference.spots[0].spot.integral, streamed.spots[0].spot.integral);
  EXPECT_EQ(reference.spots[0].spot.omega, streamed.spots[0].spot.omega);
  // Frames that flicker by 30 % are false spots without it.
  Config plain = monitor_config();
  plain.beam.normalise = Normalise::kNone;
  EXPECT_NE(run_monitored(monitored.scan, plain, Executor::kStreaming).spots.size(), 1u);
}

TEST(Monitor, BesideADirectBeamLeavesTransmissionToTheBeam) {
  const MonitoredScan monitored;
  Config config = monitor_config();
  config.beam.region = Region{0, 0, 4, 4};
  const double lit = run_monitored(monitored.scan, config, Executor::kStreaming).summary.beam_intensity[0];
  EXPECT_EQ(lit, reading(0));
  config.beam.transmission = true;
  const MemoryResult with = run_monitored(monitored.scan, config, Executor::kStreaming);
  ASSERT_EQ(with.transmissions.size(), static_cast<std::size_t>(kMonitored));
  // All pixels of the beam are as bright as its mean.
  EXPECT_EQ(with.transmissions.at(0)(2, 2), 1.0f);
}

}  // namespace
}  // namespace dctprep
