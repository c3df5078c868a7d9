// SPDX-License-Identifier: BSD-3-Clause
// What passes with some settings, where frames were looked at: settings are chosen by the spots that others miss.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "dctprep/core/blob.h"
#include "dctprep/estimate/noise/residuals.h"
#include "dctprep/estimate/search.h"

namespace dctprep {

struct Trial {
  DenoiseOptions denoise;
  std::vector<std::vector<Blob>> spots;  // of each group of frames: that pass, with split = 0
  double false_spots = 0;                // that are to be expected in the whole scan
  bool is_in_noise = false;              // spots would grow into it: none is sought

  std::size_t count() const;
};

// With the thresholds of `segment` and those that "auto" would take; in units of the noise where `scale` is not empty.
// `groups` and search.noise before the 2D median; where they are so large that copies of all would take more than 256
// MiB, only some of them are tried.
Trial try_settings(const Search& search, std::span<const GroupResiduals> groups, const DenoiseOptions& denoise,
                   const SegmentOptions& segment, const NoiseScale& scale, const Region& excluded);

// How many more spots `a` has than `b`, of the same groups: those that lie nowhere in spots of the other one. Pieces of
// a spot are none.
std::ptrdiff_t more_spots(const Trial& a, const Trial& b, int height, int width);

// The share of spots that settings must find more than those they are tried against.
inline constexpr double kMoreSpots = 0.01;

// Whether that many more than `before` has are no accident: `share` of them, and at least 3.
bool is_worth(std::ptrdiff_t more, const Trial& before, double share);

}  // namespace dctprep
