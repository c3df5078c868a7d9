// How large the spots are that stand out well: what a seed much smaller than those is.
#pragma once

#include <span>
#include <vector>

#include "dctprep/core/blob.h"
#include "dctprep/estimate/residuals.h"

namespace dctprep {

// Connected components of {F >= level}.
std::vector<Blob> components_at(std::span<const ImageView<const std::uint16_t>> volume, int level, int connectivity);

// Of the components at the seed that reach twice the seed: voxels of at least the seed.
struct SpotSize {
  int spots = 0;    // how many there are
  int small = 0;    // 10 % quantile; 0 where there are fewer than 10
  int typical = 0;  // median; 0 likewise
};

// In the runs of `groups`, denoised, of components of at least `least` voxels (a zinger leaves fewer) that do not peak in
// the first or last frame of a run. Spots that last longer than a run count with what lies in it.
SpotSize clear_spots(std::span<const GroupResiduals> groups, int seed, int least, int connectivity);

}  // namespace dctprep
