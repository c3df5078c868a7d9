// SPDX-License-Identifier: BSD-3-Clause
// Levels that are given: what they mean, and that they change nothing but what depends on them.
#include <algorithm>
#include <gtest/gtest.h>
#include <set>

#include "dctprep/base/error.h"
#include "dctprep/config/check_config.h"
#include "dctprep/config/config_file.h"
#include "dctprep/config/field_text.h"
#include "dctprep/estimate/parameters.h"
#include "dctprep/estimate/synthetic_scan_test.h"
#include "dctprep/testing/memory_frames.h"

namespace dctprep {
namespace {

using testing::SyntheticOptions;

// The frames computed once.
Scan scan_of(const SyntheticOptions& options) {
  Scan scan = testing::synthetic_scan(options);
  std::vector<Image<std::uint16_t>> frames;
  for (int k = 0; k < scan.frame_count(); ++k) {
    frames.emplace_back(scan.height(), scan.width());
    scan.frames->read(k, frames.back(), {});
  }
  scan.frames = std::make_shared<testing::MemoryFrames>(std::move(frames));
  return scan;
}

// As of a bare scan.
Config bare() {
  Config config;
  config.segment.split = {};
  config.denoise.mode = {};
  return config;
}

Estimate settled(const Scan& scan, const Config& given) {
  Progress silent;
  Estimate estimate = find_parameters(given, scan, silent);
  EXPECT_NO_THROW(check_config(estimate.config));
  return estimate;
}

bool warns_that(const Estimate& estimate, const std::string& text) {
  return std::ranges::any_of(estimate.warnings,
                             [&](const std::string& w) { return w.find(text) != std::string::npos; });
}

// "segment.seed" ... that differ.
std::set<std::string> differences(Config a, Config b) {
  std::set<std::string> keys;
  const std::vector<Table> left = tables_of(a), right = tables_of(b);
  for (std::size_t t = 0; t < left.size(); ++t) {
    for (std::size_t f = 0; f < left[t].fields.size(); ++f) {
      if (left[t].fields[f].get() != right[t].fields[f].get()) keys.insert(key_of(left[t], left[t].fields[f]));
    }
  }
  return keys;
}

Auto<Level>& level_called(Config& config, const std::string& key) {
  SegmentOptions& s = config.segment;
  return key == "segment.seed" ? s.seed : key == "segment.grow_min" ? s.grow_min : s.grow_max;
}

struct LevelCase {
  std::string name;
  SyntheticOptions options;
  SegmentUnit unit;
  DenoiseMode mode;
};

// One level in counts for a detector that glows in its middle must lie far above the noise of most of it.
TEST(HighSeed, IsDoubtedWithWhatToTry) {
  const Scan scan = scan_of({.frames = 60,
                             .height = 120,
                             .width = 140,
                             .beam_counts = 0,
                             .glow = 0,
                             .floor = 400,
                             .zingers = 0,
                             .spots = 40,
                             .spot_peak = 2000});
  const Scan glows = scan_of({.frames = 60,
                              .height = 220,
                              .width = 240,
                              .beam{110, 100, 130, 120},
                              .glow = 6000,
                              .glow_radius = 12,
                              .floor = 1,
                              .readout = 1,
                              .zingers = 0,
                              .spots = 40,
                              .spot_peak = 4000});
  const auto in_counts = [](DenoiseMode mode) {
    Config config = bare();
    config.segment.unit = SegmentUnit::kCounts;
    config.denoise.mode = mode;
    return config;
  };
  const std::string doubt = "times the noise of a typical reading";
  const Estimate high = settled(glows, in_counts(DenoiseMode::kOff));
  EXPECT_TRUE(warns_that(high, doubt)) << high.why.at("segment.seed");
  EXPECT_TRUE(warns_that(high, "try --set \"segment.seed=")) << high.why.at("segment.seed");
  EXPECT_FALSE(warns_that(settled(glows, in_counts(DenoiseMode::kFull)), doubt));
  EXPECT_FALSE(warns_that(settled(scan, in_counts(DenoiseMode::kOff)), doubt));
  // Who gives a level has decided.
  Config given = in_counts(DenoiseMode::kOff);
  given.segment.seed = step_of(high.config.segment.seed);
  EXPECT_FALSE(warns_that(settled(glows, given), doubt));
  given = in_counts(DenoiseMode::kOff);
  given.segment.grow_min = 400;
  EXPECT_FALSE(warns_that(settled(scan, given), doubt));
}

class GivenLevels : public ::testing::TestWithParam<LevelCase> {};

std::vector<LevelCase> level_cases() {
  return {
      {"faint_under_glow",
       {.frames = 80, .height = 260, .width = 280, .glow = 900, .spots = 400, .spot_peak = 30, .spot_sigma = 3},
       SegmentUnit::kSigma,
       DenoiseMode::kFull},
      {"plain", {.frames = 80, .spots = 100, .spot_peak = 200}, SegmentUnit::kCounts, DenoiseMode::kFull},
      {"small",
       {.frames = 100, .spots = 700, .spot_peak = 300, .spot_frames = 1.5, .spot_sigma = 0.55},
       SegmentUnit::kCounts,
       DenoiseMode::kConditional},
  };
}

// What docs/parameters.md lists for each level.
const std::map<std::string, std::set<std::string>> kDependents{
    {"segment.seed",
     {"segment.grow_min", "segment.grow_max", "segment.min_seed_volume", "segment.split", "beam.guard"}},
    {"segment.grow_min",
     {"segment.seed", "segment.grow_max", "segment.min_seed_volume", "segment.split", "beam.guard"}},
    {"segment.grow_max", {"segment.grow_min", "segment.min_seed_volume", "segment.split", "beam.guard"}},
};

TEST_P(GivenLevels, ChangeNothingThatDoesNotDependOnThem) {
  const Scan scan = scan_of(GetParam().options);
  Config found = settled(scan, bare()).config;
  EXPECT_EQ(found.segment.unit.value(), GetParam().unit);
  EXPECT_EQ(found.denoise.mode.value(), GetParam().mode);
  for (const auto& [key, dependents] : kDependents) {
    Config given = bare();
    const Level level = level_called(found, key).value();
    ASSERT_TRUE(level.unit());
    level_called(given, key) = level;
    EXPECT_EQ(differences(settled(scan, given).config, found), std::set<std::string>{}) << key;
    for (const double factor : {1.5, 0.75}) {
      const double number = std::max(1.0, std::round(level.number() * factor));
      level_called(given, key) = Level(number, level.unit());
      Estimate estimate = settled(scan, given);
      EXPECT_EQ(level_called(estimate.config, key).value(), Level(number, level.unit()));
      for (const std::string& changed : differences(estimate.config, found)) {
        if (changed == key || changed == "denoise.threshold") continue;
        if (changed == "denoise.mode") {
          // Lower levels may be too low for what the conditional median leaves of the noise.
          EXPECT_LT(factor, 1);
          EXPECT_EQ(estimate.config.denoise.mode.value(), DenoiseMode::kFull);
          EXPECT_TRUE(estimate.why.at(changed).starts_with("because " + key)) << estimate.why.at(changed);
          EXPECT_TRUE(warns_that(estimate, "denoise.mode is \"full\" because " + key));
          continue;
        }
        EXPECT_TRUE(dependents.contains(changed)) << key << " = " << number << " changes " << changed;
        if (changed == "segment.min_seed_volume") {
          EXPECT_LT(factor, 1);
          EXPECT_GT(estimate.config.segment.min_seed_volume.value(), found.segment.min_seed_volume.value());
        }
        if (changed == "beam.guard") continue;
        // Another 2D median, of which is said why, is followed by other levels.
        if (estimate.config.denoise.mode != found.denoise.mode) continue;
        // Said, with what it would be otherwise.
        const std::string& why = estimate.why.at(changed);
        EXPECT_NE(why.find("; it would be "), std::string::npos) << changed << ": " << why;
        EXPECT_NE(why.find(" without " + key + " = \"" + level_text(Level(number, level.unit())) + "\""),
                  std::string::npos)
            << changed << ": " << why;
      }
    }
  }
}

TEST_P(GivenLevels, AreReadInTheUnitThatTheDataChoose) {
  const Scan scan = scan_of(GetParam().options);
  Config found = settled(scan, bare()).config;
  const std::string unit(enum_name(GetParam().unit));
  Config plain = bare(), carrying = bare();
  plain.segment.seed = 6;
  carrying.segment.seed = Level(6, GetParam().unit);
  const Estimate estimate = settled(scan, plain);
  EXPECT_EQ(estimate.config, settled(scan, carrying).config);
  EXPECT_EQ(estimate.config.segment.seed.value(), Level(6, GetParam().unit));
  EXPECT_TRUE(warns_that(
      estimate, "segment.seed = 6: read in " + unit + ", which the data choose; write \"6 " + unit + "\" to fix it"));
  EXPECT_FALSE(warns_that(settled(scan, carrying), "read in"));
  // Every level given: the unit is still to be found.
  plain = bare();
  plain.segment.min_seed_volume = found.segment.min_seed_volume;
  for (const char* key : {"segment.seed", "segment.grow_min", "segment.grow_max"})
    level_called(plain, key) = Level(level_called(found, key).value().number());
  EXPECT_EQ(settled(scan, plain).config, found);
  plain.segment.unit = GetParam().unit;
  const Estimate complete = settled(scan, plain);
  EXPECT_EQ(complete.config, found);
  EXPECT_FALSE(warns_that(complete, "read in"));
  // Nothing else is open.
  plain.beam = found.beam;
  plain.denoise = found.denoise;
  plain.segment.split = found.segment.split;
  EXPECT_EQ(settled(scan, plain).config.segment, found.segment);
  plain.segment.unit = {};
  EXPECT_FALSE(settled(scan, plain).config.segment.unit.is_auto());
}

INSTANTIATE_TEST_SUITE_P(Scans, GivenLevels, ::testing::ValuesIn(level_cases()),
                         [](const auto& instance) { return instance.param.name; });

TEST(LevelUnits, AreThatOfALevelWhichCarriesOne) {
  const Scan scan = scan_of(level_cases()[1].options);
  Config given = bare();
  given.segment.seed = Level(6, LevelUnit::kSigma);
  given.segment.grow_max = 5.5;
  const Estimate estimate = settled(scan, given);
  EXPECT_EQ(estimate.config.segment.unit.value(), SegmentUnit::kSigma);
  EXPECT_EQ(estimate.why.at("segment.unit"), "that of segment.seed = \"6 sigma\", which was given");
  EXPECT_EQ(estimate.config.segment.grow_max.value(), Level(5.5, LevelUnit::kSigma));
  EXPECT_EQ(estimate.config.segment.grow_min.value().unit(), LevelUnit::kSigma);
  EXPECT_TRUE(warns_that(
      estimate, "segment.grow_max = 5.5: read in sigma, the unit of segment.seed = \"6 sigma\"; write \"5.5 sigma\""));
}

TEST(LevelUnits, RefusePlainNumbersThatTheUnitDoesNotHave) {
  const Scan scan = scan_of(level_cases()[1].options);  // counts
  Config given = bare();
  given.segment.seed = 5.5;
  try {
    settled(scan, given);
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kUsage);
    EXPECT_EQ(
        std::string(error.what()),
        "segment.seed = 5.5: must be a whole number of counts; parts are for sigma; a number without a unit is read "
        "in counts here, which the data choose; write \"5.5 sigma\" if that is meant");
  }
}

}  // namespace
}  // namespace dctprep
