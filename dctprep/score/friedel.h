// SPDX-License-Identifier: BSD-3-Clause
// Friedel pairs: the spots of h k l and -h -k -l of one grain, half a turn apart. They tell of the quality of a spot
// table without any ground truth. docs/score.md derives what mates share.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "dctprep/core/region.h"
#include "dctprep/core/spot.h"

namespace dctprep {

// Where the spots come from.
struct FriedelScene {
  int height = 0, width = 0;  // of the detector
  std::vector<double> omega;  // degrees, one a frame, steady; at least one
  Region beam;                // direct beam; empty: unknown
  Region sample;              // the columns of it that the sample shades; empty: unknown
  Region excluded;            // where no spots are sought
};

// How far mates may differ. A difference over its scale, squared, is a term of the distance; a term counts at most
// kWorstTerm, so that one odd measure alone parts no pair.
struct FriedelOptions {
  double max_du = 0;  // pixels; 0: the sample's width, the beam's, or else a quarter of the detector's
  double max_dv = 0;  // pixels, of (v1 + v2) / 2 from the mirror plane; 0: 55 % of the beam's height, or else an
                      // eighth of the detector's
  double omega_steps =
      0.5;  // scale of the deviation from half a turn; where spots are long, a quarter of the lesser sigma_frame
  double integral = 0.3;  // scales of differences of natural logarithms
  double sigma = 0.15;    // of sigma_u, sigma_v, sigma_frame
  double area = 0.3;
  double correlation = 0.2;  // scale of the sum of the u-v correlations: the image is mirrored in u
  double max_distance = 5;   // of the sum of terms
};
inline constexpr double kWorstTerm = 4;
// Mates lie within so many scales of half a turn.
inline constexpr double kOmegaGate = 4;

// How many spots have a mate `offset` degrees further on.
struct MateShare {
  double offset = 180;
  std::int64_t eligible = 0;  // the scan covers the mate's angle, and its place lies on the detector, not excluded
  std::int64_t paired = 0;
  double share() const { return eligible == 0 ? 0 : static_cast<double>(paired) / static_cast<double>(eligible); }
};

struct FriedelPairs {
  std::vector<int> mate;          // one a spot: the mate's index, or -1. mate[mate[i]] == i
  double mirror_v = 0;            // the row that mates mirror each other at; NaN where there are no pairs
  double max_du = 0, max_dv = 0;  // as they were used
  std::string why_none;           // why no pairs were sought: omega is unknown, or makes several sweeps; else ""
  MateShare share;
  std::vector<MateShare> chance;  // the same at angles where there are no mates
  double chance_share = 0;        // of all of them together
  // Spots with a mate, less those that have one by chance.
  double beyond_chance() const {
    return static_cast<double>(share.paired) - chance_share * static_cast<double>(share.eligible);
  }
};

// Two spots are mates where each is the other's nearest by the distance (of equals: smallest index). The mirror plane
// is found from the pairs themselves. None are sought where omega is unknown or makes several sweeps. Spots of a broken
// table (numbers not finite) have no mate.
FriedelPairs find_friedel_pairs(std::span<const Spot> spots, const FriedelScene& scene,
                                const FriedelOptions& options = {});

}  // namespace dctprep
