#include "dctprep/estimate/spot_size.h"

#include <algorithm>
#include <cstddef>
#include <tbb/parallel_for.h>

#include "dctprep/base/cancel.h"
#include "dctprep/segment/segment.h"

namespace dctprep {

namespace {

constexpr int kClear = 2;  // times the seed
constexpr std::size_t kLeastSpots = 10;

const Voxel& peak_of(const Blob& blob) {
  return *std::ranges::max_element(blob.voxels, {}, [](const Voxel& voxel) { return voxel.value; });
}

}  // namespace

std::vector<Blob> components_at(std::span<const ImageView<const std::uint16_t>> volume, int level, int connectivity) {
  SegmentOptions options;
  options.method = SegmentMethod::kSingle;
  options.seed = options.grow_min = options.grow_max = level;
  options.min_seed_volume = 1;
  options.connectivity = connectivity;
  return segment_volume(volume, options, false);
}

SpotSize clear_spots(std::span<const GroupResiduals> groups, int seed, int least, int connectivity) {
  std::vector<std::vector<int>> found(groups.size());
  tbb::parallel_for(std::size_t{0}, groups.size(), [&](std::size_t i) {
    check_cancelled();
    std::vector<ImageView<const std::uint16_t>> volume;
    for (const Residual& residual : groups[i].run) volume.push_back(residual.above);
    const int last = static_cast<int>(volume.size()) - 1;
    for (const Blob& blob : components_at(volume, seed, connectivity)) {
      const auto voxels = static_cast<int>(blob.voxels.size());
      const Voxel& peak = peak_of(blob);
      // With its peak at an end of the run it is mostly the rest of a spot that lies beyond.
      const bool is_cut = last > 1 && (peak.frame == 0 || peak.frame == last);
      if (voxels >= least && peak.value >= kClear * seed && !is_cut) found[i].push_back(voxels);
    }
  });
  std::vector<int> volumes;
  for (const auto& of_run : found) volumes.insert(volumes.end(), of_run.begin(), of_run.end());
  SpotSize size{.spots = static_cast<int>(volumes.size())};
  if (volumes.size() < kLeastSpots) return size;
  std::ranges::sort(volumes);
  size.small = volumes[volumes.size() / 10];
  size.typical = volumes[volumes.size() / 2];
  return size;
}

}  // namespace dctprep
