// SPDX-License-Identifier: BSD-3-Clause
#include "dctprep/pipeline/bad_frames.h"

#include <gtest/gtest.h>

#include "dctprep/base/error.h"
#include "dctprep/pipeline/plain_config_test.h"
#include "dctprep/pipeline/run.h"
#include "dctprep/testing/memory_frames.h"
#include "dctprep/testing/memory_scan.h"
#include "dctprep/write/memory_sink.h"

namespace dctprep {
namespace {

Config config_with(Auto<int> most) {
  Config config = testing::plain_config();
  config.scan.max_bad_frames = most;
  config.background.half_window = 5;
  config.background.half_step = 2;
  config.denoise.threshold = 1;
  config.segment.seed = 40;
  config.segment.grow_min = 20;
  config.segment.grow_max = 30;
  config.segment.min_seed_volume = 1;
  return config;
}

struct Outcome {
  RunReport report;
  std::string error;
};

// Of a scan of `frames` frames of which those of `bad` are not there.
Outcome run_without(const std::vector<int>& bad, int frames, Config config, Executor executor) {
  const auto source = std::make_shared<testing::MemoryFrames>(testing::even_frames(frames, 8, 9));
  for (const int k : bad) source->break_frame(k, BadFrameCause::kMissing);
  const Scan scan = testing::memory_scan(source);
  MemorySink sink;
  Progress silent;
  Outcome outcome;
  try {
    outcome.report = run_pipeline(scan, config, "", sink, silent, executor);
  } catch (const Error& error) {
    outcome.error = error.what();
  }
  return outcome;
}

constexpr Executor kBoth[] = {Executor::kStreaming, Executor::kReference};

TEST(MostBadFrames, AreOneInAHundredBesideThoseListed) {
  ScanOptions options;
  EXPECT_EQ(most_bad_frames(options, 3600), 36);
  EXPECT_EQ(most_bad_frames(options, 60), 1);
  EXPECT_EQ(most_bad_frames(options, 199), 1);
  EXPECT_EQ(most_bad_frames(options, 200), 2);
  EXPECT_EQ(most_bad_frames(options, 1), 0) << "no frame at all is left";
  options.bad_frames = {4, 9, 4};
  EXPECT_EQ(most_bad_frames(options, 60), 3);
  options.max_bad_frames = 0;
  EXPECT_EQ(most_bad_frames(options, 60), 0);
}

TEST(BadFrames, AFewDoNotEndARunAndAreReported) {
  for (const Executor executor : kBoth) {
    const Outcome some = run_without({17, 18}, 250, config_with({}), executor);
    EXPECT_EQ(some.error, "");
    ASSERT_EQ(some.report.bad_frames.size(), 2u);
    ASSERT_EQ(some.report.warnings.size(), 1u);
    EXPECT_EQ(some.report.warnings[0],
              "2 of 250 frames are left out (missing: frames 17-18 (2 frames), the first: frame 17: broken by the "
              "test); a run goes on with up to scan.max_bad_frames = 2 bad frames");
    EXPECT_TRUE(run_without({}, 250, config_with({}), executor).report.warnings.empty());
  }
}

TEST(BadFrames, ListedOnesAreADecision) {
  Config config = config_with({});
  config.scan.bad_frames = {3, 4, 5, 6};
  for (const Executor executor : kBoth) {
    const Outcome listed = run_without({20}, 30, config, executor);
    EXPECT_EQ(listed.error, "");
    ASSERT_EQ(listed.report.warnings.size(), 1u);
    EXPECT_NE(listed.report.warnings[0].find("1 of 30 frames is left out (missing: frame 20: "), std::string::npos)
        << listed.report.warnings[0];
    config.scan.max_bad_frames = 4;
    EXPECT_NE(run_without({20}, 30, config, executor).error.find("5 bad frames"), std::string::npos);
    config.scan.max_bad_frames = {};
  }
}

TEST(BadFrames, TooManyAreNamedAsRangesWithTheSettingToChange) {
  std::vector<int> end;
  for (int k = 40; k < 72; ++k) end.push_back(k);
  for (const Executor executor : kBoth) {
    const Outcome cut = run_without(end, 72, config_with({}), executor);
    EXPECT_NE(cut.error.find("missing: frames 40-71 (32 frames), the first: frame 40: broken by the test"),
              std::string::npos)
        << cut.error;
    EXPECT_NE(cut.error.find("set scan.max_bad_frames = 32"), std::string::npos) << cut.error;
    EXPECT_EQ(run_without(end, 72, config_with(32), executor).error, "");
    // What comes after a gap is not looked at.
    const Outcome strict = run_without({5, 6, 30}, 72, config_with(0), executor);
    EXPECT_NE(strict.error.find("at least 2 bad frames, more than scan.max_bad_frames = 0 allows: missing: frames 5-6"),
              std::string::npos)
        << strict.error;
    EXPECT_NE(strict.error.find("info --check"), std::string::npos) << strict.error;
  }
}

}  // namespace
}  // namespace dctprep
