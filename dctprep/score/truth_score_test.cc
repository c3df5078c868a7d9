// SPDX-License-Identifier: BSD-3-Clause
#include "dctprep/score/truth_score.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "dctprep/score/score.h"
#include "dctprep/testing/testing.h"

namespace dctprep {
namespace {

// A box of 10 frames, rows and columns with its centroid in the middle.
TruthSpot true_spot(int id, int frame, int u, double snr, std::uint32_t flags = 0) {
  TruthSpot spot{.id = static_cast<std::uint32_t>(id), .intensity = 1000, .intensity_recorded = 500, .snr = snr};
  spot.flags = flags;
  spot.frame_start = frame, spot.frame_end = frame + 9, spot.frame = frame + 4.5;
  spot.u_min = u, spot.u_max = u + 9, spot.u = u + 4.5;
  spot.v_min = 50, spot.v_max = 59, spot.v = 54.5;
  return spot;
}

Spot found_spot(int id, int frame, int u, int width, std::uint64_t integral) {
  Spot spot{.id = static_cast<std::uint32_t>(id), .integral = integral};
  spot.frame_start = frame, spot.frame_end = frame + 9, spot.frame = frame + 4.5;
  spot.u_min = u, spot.u_max = u + width - 1, spot.u = u + (width - 1) / 2.0;
  spot.v_min = 50, spot.v_max = 59, spot.v = 54.75;
  return spot;
}

struct Example {
  TruthFile truth{.frames = 200, .height = 100, .width = 300, .spots = {}};
  std::vector<Spot> found;
  Example() {
    truth.spots = {
        true_spot(0, 0, 0, 50),                               // found, one frame and column aside
        true_spot(1, 20, 0, 4),                               // found in two parts
        true_spot(2, 40, 0, 20, 1),                           // run together with the next
        true_spot(3, 40, 10, 20, 1), true_spot(4, 60, 0, 2),  // weak, found all the same
        true_spot(5, 80, 0, 9),                               // missed
        true_spot(6, 100, 200, 90),                           // in the direct beam
        true_spot(7, 120, 0, 1.5),                            // weak, missed
    };
    found = {found_spot(0, 1, 1, 10, 900),   found_spot(1, 20, 0, 6, 400), found_spot(2, 20, 6, 4, 300),
             found_spot(3, 40, 0, 20, 1800), found_spot(4, 60, 0, 10, 10), found_spot(5, 150, 250, 10, 7)};
  }
  SpotMatches matches() const {
    std::vector<SpotBox> f, t;
    for (const Spot& spot : found) f.push_back(box_of(spot));
    for (const TruthSpot& spot : truth.spots) t.push_back(box_of(spot));
    return match_spots(f, t, 0);
  }
  TruthScore score(bool recorded = false) const {
    return score_truth(found, truth, matches(), {.min_snr = 3, .excluded = {195, 45, 215, 70}, .recorded = recorded});
  }
};

// Counted by hand.
TEST(ScoreTruth, CountsAnExample) {
  const TruthScore s = Example().score();
  EXPECT_EQ(s.hidden, 1);
  EXPECT_EQ(s.weak, 2);
  EXPECT_EQ(s.counted, 5);
  EXPECT_EQ(s.isolated, 3);
  EXPECT_EQ(s.paired, 3);  // 0, 1 and one of 2 and 3
  EXPECT_EQ(s.isolated_paired, 2);
  EXPECT_EQ(s.paired_aside, 1);
  EXPECT_EQ(s.explained, 1);
  EXPECT_EQ(s.spurious, 1);
  EXPECT_EQ(s.splits, 1);
  EXPECT_EQ(s.merges, 1);
  EXPECT_DOUBLE_EQ(s.recall, 3.0 / 5);
  EXPECT_DOUBLE_EQ(s.isolated_recall, 2.0 / 3);
  EXPECT_DOUBLE_EQ(s.precision, 3.0 / 5);
  EXPECT_DOUBLE_EQ(s.f1, 0.6);
  std::vector<std::int64_t> spots, paired;
  for (const RecallBin& bin : s.bins) spots.push_back(bin.spots), paired.push_back(bin.paired);
  EXPECT_EQ(spots, (std::vector<std::int64_t>{0, 1, 1, 1, 1, 2, 1, 0}));
  EXPECT_EQ(paired, (std::vector<std::int64_t>{0, 0, 1, 1, 0, 1, 1, 0}));
}

TEST(ScoreTruth, ComparesCentroidsAndIntegrals) {
  const Example example;
  const TruthScore s = example.score();
  EXPECT_EQ(s.all.u.count, 3);
  EXPECT_EQ(s.isolated_agreement.u.count, 2);
  EXPECT_DOUBLE_EQ(s.isolated_agreement.u.median, (1.0 - 2.0) / 2);
  EXPECT_DOUBLE_EQ(s.isolated_agreement.v.median, 0.25);
  EXPECT_DOUBLE_EQ(s.isolated_agreement.frame.median, 0.5);
  EXPECT_DOUBLE_EQ(s.isolated_agreement.integral.median, (0.9 + 0.4) / 2);
  EXPECT_DOUBLE_EQ(s.all.integral.median, 0.9);
  EXPECT_DOUBLE_EQ(example.score(true).all.integral.median, 1.8);
}

TEST(ScoreTruth, ComparesPhotometry) {
  Example example;
  EXPECT_EQ(example.score().all.intensity.count, 0);
  for (std::size_t i = 0; i < example.found.size(); ++i) {
    Spot& spot = example.found[i];
    const TruthSpot& truth = example.truth.spots[std::min<std::size_t>(i, 1)];
    spot.intensity = 0.5 * truth.intensity * static_cast<double>(i + 1), spot.intensity_sigma = 0.25 * truth.intensity;
    spot.intensity_u = truth.u + 1, spot.u_sigma = 0.5;
    spot.intensity_v = truth.v - 3, spot.v_sigma = 2;
    spot.intensity_frame = truth.frame + 0.25, spot.frame_sigma = 0.125;
  }
  // Of the isolated ones, true 0 (of snr 50) and 1 (of snr 4) are found, as 0 and 1.
  const Agreement a = example.score().isolated_agreement;
  EXPECT_EQ(a.intensity.count, 2);
  EXPECT_DOUBLE_EQ(a.intensity.median, 0.75);
  EXPECT_EQ(a.strong_intensity.count, 1);
  EXPECT_DOUBLE_EQ(a.strong_intensity.median, 0.5);
  EXPECT_DOUBLE_EQ(a.intensity_pull.median, -1);
  EXPECT_DOUBLE_EQ(a.intensity_u.median, 1);
  EXPECT_DOUBLE_EQ(a.u_pull.median, 2);
  EXPECT_DOUBLE_EQ(a.v_pull.median, -1.5);
  EXPECT_DOUBLE_EQ(a.intensity_frame.median, 0.25);
  EXPECT_DOUBLE_EQ(a.frame_pull.median, 2);
  example.found[1].intensity_sigma = Spot::kNan;
  EXPECT_EQ(example.score().isolated_agreement.intensity.count, 1);
}

TEST(ScoreTruth, NothingFoundNothingTrue) {
  const Example example;
  const SpotMatches none = match_spots({}, {}, 0);
  TruthFile empty = example.truth;
  empty.spots.clear();
  const TruthScore s = score_truth({}, empty, none, {});
  EXPECT_EQ(s.recall, 0);
  EXPECT_EQ(s.precision, 0);
  EXPECT_EQ(s.f1, 0);
}

TEST(SpreadOf, IsWhatNumpySays) {
  const testing::TemporaryFolder folder;
  std::vector<double> values;
  std::string list;
  for (int i = 0; i < 37; ++i) {
    values.push_back(i * i % 23 - 9.25);
    list += fmt::format("{},", values.back());
    const Spread s = spread_of(values);
    if (i % 9 != 0) continue;
    const auto result = testing::run_python(
        fmt::format("import numpy as np\nx=np.array([{}])\n"
                    "g=np.array([{},{},{},{},{},{},{},{}])\n"
                    "w=np.r_[np.percentile(x,[10,25,50,75,90]),np.percentile(abs(x),[50,90]),np.diff(np."
                    "percentile(x,[15.8655,84.1345]))/2]\n"
                    "assert np.allclose(g,w,rtol=0,atol=1e-12),(g,w)\n",
                    list, s.tenth, s.quarter, s.median, s.three_quarters, s.nine_tenths, s.largest_of_half,
                    s.largest_of_nine_tenths, s.width),
        folder.path());
    EXPECT_EQ(result.status, 0) << result.output;
  }
}

TEST(CheckPairs, CountsAnExample) {
  Example example;
  // True 0 and 1 are mates, and 2 and 5, of which 5 was missed.
  example.truth.spots[0].mate = 1, example.truth.spots[1].mate = 0;
  example.truth.spots[2].mate = 5, example.truth.spots[5].mate = 2;
  FriedelPairs pairs{.mate = {1, 0, -1, 4, 3, -1}};
  const PairCheck check = check_pairs(pairs, example.matches(), example.truth);
  EXPECT_EQ(check.judged, 4);
  EXPECT_EQ(check.right, 2);
  EXPECT_EQ(check.possible, 2);
  EXPECT_EQ(check.found, 2);
}

}  // namespace
}  // namespace dctprep
