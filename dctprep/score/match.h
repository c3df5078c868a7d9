// SPDX-License-Identifier: BSD-3-Clause
// Found spots against true ones, one to one. docs/score.md tells the rules.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "dctprep/core/spot.h"

namespace dctprep {

// What matching looks at, of found and of true spots alike. Bounds are inclusive.
struct SpotBox {
  int frame_min = 0, frame_max = 0, v_min = 0, v_max = 0, u_min = 0, u_max = 0;
  double frame = 0, v = 0, u = 0;  // centroid
};
SpotBox box_of(const Spot& spot);

// A found and a true spot that cover each other: their boxes share voxels, and the centroid of one lies in the box of
// the other, grown by half a voxel.
struct SpotLink {
  int found = 0, truth = 0;
  double overlap = 0;  // voxels that the boxes share over voxels of either, 0 < overlap <= 1
  int turn = 0;        // frames to add to the true spot's to lie beside the found one: -period, 0 or period
};

struct SpotMatches {
  std::vector<SpotLink> links;         // all, in the order of (found, truth)
  std::vector<SpotLink> pairs;         // one to one, in the order of truth
  std::vector<int> found_of, true_of;  // of the pairs, -1: none; found_of one a true spot, true_of one a found spot
  // The link of greatest overlap (of equals the one of smallest id): the true spot that a found one shows first of
  // all, and the other way round; -1: no link.
  std::vector<int> first_true, first_found;
};

// Pairs are taken from the links in the order of falling overlap (of equals: rising truth, then found), each unless one
// of its two is taken. `period` > 0: frames k and k + period are the same. Boxes span fewer than 2^31 frames.
SpotMatches match_spots(std::span<const SpotBox> found, std::span<const SpotBox> truth, int period);

}  // namespace dctprep
