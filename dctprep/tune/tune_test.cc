// SPDX-License-Identifier: BSD-3-Clause
#include "dctprep/tune/tune.h"

#include <cmath>
#include <gtest/gtest.h>

#include "dctprep/config/config_file.h"
#include "dctprep/estimate/parameters.h"
#include "dctprep/pipeline/job.h"
#include "dctprep/score/score.h"
#include "dctprep/simulate/simulate.h"
#include "dctprep/testing/testing.h"
#include "dctprep/tune/scan_part.h"

namespace dctprep {
namespace {

TuneTrial trial(std::int64_t eligible, double beyond) { return {.eligible = eligible, .beyond_chance = beyond}; }

TEST(IsBetter, AsksForSurelyMoreMatesAndAsManyAmongTheSpotsThatCame) {
  const TuneTrial before = trial(2000, 1000);
  EXPECT_FALSE(is_better(before, before));
  EXPECT_FALSE(is_better(before, trial(2000, 1009)));  // less than 1 %
  EXPECT_TRUE(is_better(before, trial(2000, 1010)));
  EXPECT_TRUE(is_better(before, trial(1900, 1020)));  // twice the root of 100
  EXPECT_FALSE(is_better(before, trial(1900, 1019)));
  EXPECT_TRUE(is_better(before, trial(2100, 1035)));  // 0.35 of those that came, 0.5 of those that were there
  EXPECT_FALSE(is_better(before, trial(2100, 1034)));
  EXPECT_FALSE(is_better(before, trial(9000, 1500)));
  EXPECT_FALSE(is_better(trial(20, 10), trial(20, 13)));  // fewer than 4
  EXPECT_FALSE(is_better(trial(0, 0), trial(0, 0)));
}

TEST(PartingPays, WhereThePartsBringMates) {
  const TuneTrial less = trial(2000, 1000);
  EXPECT_TRUE(parting_pays(less, trial(2100, 1060)));
  EXPECT_FALSE(parting_pays(less, trial(2100, 1059)));
  EXPECT_TRUE(parting_pays(less, trial(2019, 1000)));  // too few to tell
  EXPECT_FALSE(parting_pays(less, trial(2020, 1000)));
  EXPECT_TRUE(parting_pays(trial(100, 50), trial(109, 50)));
  EXPECT_FALSE(parting_pays(trial(100, 50), trial(110, 50)));
}

class Tune : public ::testing::Test {
 protected:
  static Scan scan_of(const testing::TemporaryFolder& folder, int frames, double range) {
    SimulateOptions o;
    o.width = o.height = 192;
    o.frames = frames;
    o.omega_range = range;
    o.grains = 12;
    o.darks = o.flats = 3;
    o.seed = 4;
    Progress silent;
    simulate(o, folder / "scan.h5", false, silent);
    return open_job((folder / "scan.h5").string(), {}, (folder / "out.h5").string(), {}).scan;
  }
};

TEST_F(Tune, TakesTwoPartsHalfATurnApartOfWhatIsTooLarge) {
  Scan scan;
  scan.bad_pixels = Image<std::uint8_t>(1, 1, 0);
  struct Large final : FrameSource {
    int count = 0, side = 0;
    int frames() const override { return count; }
    int height() const override { return side; }
    int width() const override { return side; }
    int type_max() const override { return 65535; }
    std::string frame_name(int) const override { return ""; }
    std::optional<FrameFault> read(int, ImageView<std::uint16_t>, ImageView<std::uint8_t>,
                                   PixelChanges*) const override {
      return {};
    }
  };
  const auto source = std::make_shared<Large>();
  scan.frames = source;
  const auto part = [&](int frames, int side, double step, int half_window) {
    source->count = frames, source->side = side;
    scan.omega.clear();
    for (int k = 0; k < frames; ++k) scan.omega.push_back(k * step);
    Config config;
    config.background.half_window = half_window;
    return part_with_mates(scan, config);
  };
  using Frames = std::vector<std::pair<int, int>>;
  EXPECT_EQ(part(720, 512, 0.5, 50).frames, (Frames{{0, 719}}));  // small
  EXPECT_EQ(part(3600, 2048, 0.1, 100).frames, (Frames{{799, 999}, {2599, 2799}}));
  EXPECT_EQ(part(3600, 2048, 0.1, 30).frames, (Frames{{869, 929}, {2669, 2729}}));
  EXPECT_EQ(part(300, 2048, 1.2, 100).frames, (Frames{{0, 299}}));    // no shorter than windows
  EXPECT_EQ(part(2000, 2048, 0.1, 100).frames, (Frames{{0, 1999}}));  // 200 degrees: what lies beyond half a turn
  EXPECT_TRUE(part(1800, 2048, 0.1, 100).frames.empty());
  EXPECT_NE(part(1800, 2048, 0.1, 100).why_none.find("covers 180 degrees"), std::string::npos);
  EXPECT_TRUE(part(1, 64, 0, 100).frames.empty());
}

TEST_F(Tune, KeepsWhatWasFoundWhereThereAreNoMates) {
  const testing::TemporaryFolder folder;
  const Scan scan = scan_of(folder, 60, 60);
  Progress silent;
  Config given;
  const Config found = find_parameters(given, scan, silent).config;
  const Tuning tuning = tune(found, open_to_tuning(given), scan, silent);
  EXPECT_EQ(tuning.config, found);
  EXPECT_TRUE(tuning.trials.empty());
  EXPECT_EQ(tuning.summary,
            "not tuned: the scan covers 60 degrees, and mates lie 180 degrees apart; the settings found are kept");
}

TEST_F(Tune, FindsMoreMatesWhereThresholdsAreTooHighAndKeepsWhatIsGiven) {
  const testing::TemporaryFolder folder;
  const Scan scan = scan_of(folder, 360, 360);
  Progress silent;
  Config given;
  given.segment.unit = SegmentUnit::kCounts;
  Config found = find_parameters(given, scan, silent).config;
  found.segment.seed = 3 * step_of(found.segment.seed);
  found.segment.grow_min = 3 * step_of(found.segment.grow_min);
  found.segment.grow_max = step_of(found.segment.seed);
  const Tuning tuning = tune(found, open_to_tuning(given), scan, silent);
  ASSERT_GT(tuning.trials.size(), 4u) << tuning.summary;
  const TuneTrial& best = tuning.trials[static_cast<std::size_t>(tuning.chosen)];
  EXPECT_GT(tuning.chosen, 0) << tuning_text(tuning);
  EXPECT_LT(step_of(tuning.config.segment.seed), step_of(found.segment.seed));
  EXPECT_GT(best.beyond_chance, tuning.trials.front().beyond_chance);
  EXPECT_TRUE(tuning.why.contains("segment.seed"));
  for (const TuneTrial& t : tuning.trials) EXPECT_FALSE(t.verdict.empty());
  // The numbers are those of a run of the whole.
  const ScanPart whole{{{0, 359}}, ""};
  const auto spots_of = [&](const Config& config) { return PartRuns(whole, scan, config).score(config, silent).spots; };
  EXPECT_EQ(tuning.trials.front().spots, spots_of(found));
  // From frames in memory as from the scan.
  PartRuns runs(whole, scan, found);
  for (const double factor : {1.0, 0.7, 1.3, 0.5}) {
    Config other = found;
    SegmentOptions& s = other.segment;
    const auto scaled = [&](const Auto<Level>& level) {
      return Level(std::round(factor * level.value().number()), level.value().unit());
    };
    s.seed = scaled(s.seed);
    s.grow_min = scaled(s.grow_min);
    s.grow_max = scaled(s.grow_max);
    EXPECT_EQ(runs.score(other, silent).spots, spots_of(other)) << factor;
  }

  Config fixed = found;
  const Tuning kept = tune(fixed, open_to_tuning(fixed), scan, silent);
  EXPECT_EQ(kept.trials.size(), 1u);
  EXPECT_EQ(kept.config, fixed);
}

}  // namespace
}  // namespace dctprep
