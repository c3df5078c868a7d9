// SPDX-License-Identifier: BSD-3-Clause
// The double threshold alone, on three frames with one spot that lasts for two of them.
#include "dctprep/segment/segment.h"

#include <cstdio>
#include <vector>

int main() {
  std::vector<dctprep::Image<std::uint16_t>> frames;
  for (int k = 0; k < 3; ++k) frames.emplace_back(6, 6, std::uint16_t{0});
  for (int u = 1; u < 5; ++u) frames[1](2, u) = 60;  // above the seed threshold
  for (int u = 1; u < 4; ++u) frames[2](2, u) = 20;  // above the growth threshold only
  std::vector<dctprep::ImageView<const std::uint16_t>> volume;
  for (const auto& frame : frames) volume.push_back(frame.view());
  const dctprep::SegmentOptions options{.seed = 50, .grow_min = 10, .grow_max = 30, .min_seed_volume = 3};
  for (const dctprep::Blob& blob : dctprep::segment_volume(volume, options, /*wrap=*/false)) {
    std::printf("blob of %zu voxels, %u of them seed, down to %d counts\n", blob.voxels.size(), blob.seed_volume,
                blob.level);
  }
}
