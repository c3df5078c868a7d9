// SPDX-License-Identifier: BSD-3-Clause
// How well found spots agree with the ground truth of a simulated scan. docs/score.md tells what is counted.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "dctprep/core/region.h"
#include "dctprep/core/spot.h"
#include "dctprep/score/match.h"
#include "dctprep/score/truth_file.h"

namespace dctprep {

struct TruthScoreOptions {
  double min_snr = 3;     // weaker true spots need not be found
  Region excluded;        // where none are sought: the direct beam and its guard
  bool recorded = false;  // compare integrals with the beam as it was (a run with beam.normalise = "none")
};

// True spots of low <= snr < high.
struct RecallBin {
  double low = 0, high = 0;
  std::int64_t spots = 0, paired = 0;              // that count
  std::int64_t isolated = 0, isolated_paired = 0;  // those of them that no flag troubles
};

// Of values x: how many, and where their quarters and tenths lie (linear between values; 0 where there are none).
struct Spread {
  std::int64_t count = 0;
  double tenth = 0, quarter = 0, median = 0, three_quarters = 0, nine_tenths = 0;
  double largest_of_half = 0, largest_of_nine_tenths = 0;  // |x| is not above it in 50 % and 90 % of them
  double width = 0;  // half of what lies between the quantiles 15.87 % and 84.13 %: a normal distribution's deviation
};
Spread spread_of(std::vector<double> values);

// Found minus true centroids, found over true integrals.
struct Agreement {
  Spread u, v, frame, integral;
  // Of photometry, where the result has it: its centroids, intensities over true ones, those of spots of at least
  // kStrongSnr (of the truth), and pulls, (found - true) over the uncertainty that goes with it.
  Spread intensity_u, intensity_v, intensity_frame, intensity, strong_intensity;
  Spread intensity_pull, u_pull, v_pull, frame_pull;
};
inline constexpr double kStrongSnr = 20;

struct TruthScore {
  std::int64_t found = 0, truth = 0;
  // True spots that do not count, with the first reason that applies; the others are `counted`.
  std::int64_t hidden = 0, weak = 0, counted = 0, isolated = 0;
  std::vector<RecallBin> bins;
  std::int64_t paired = 0, isolated_paired = 0;  // counted true spots with a found one of their own
  std::int64_t paired_aside = 0;                 // found spots that are paired with a true one that does not count
  std::int64_t explained = 0;                    // found spots not paired that touch a true one all the same
  std::int64_t spurious = 0;                     // found spots that touch none
  std::int64_t splits = 0;                       // counted true spots that are the first of two or more found ones
  std::int64_t merges = 0;                       // found spots that are the first of two or more counted true ones
  double recall = 0, isolated_recall = 0, precision = 0, f1 = 0;
  Agreement all, isolated_agreement;
};

SpotBox box_of(const TruthSpot& spot);

TruthScore score_truth(std::span<const Spot> found, const TruthFile& truth, const SpotMatches& matches,
                       const TruthScoreOptions& options);

}  // namespace dctprep
