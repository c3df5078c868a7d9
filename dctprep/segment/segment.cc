#include "dctprep/segment/segment.h"

#include <algorithm>
#include <tuple>

#include "dctprep/segment/grow_blobs.h"
#include "dctprep/segment/island_tracker.h"
#include "dctprep/segment/threshold.h"

namespace dctprep {

std::vector<Blob> segment_volume(std::span<const ImageView<const std::uint16_t>> volume, const SegmentOptions& options,
                                 bool wrap) {
  std::vector<Blob> blobs;
  if (volume.empty() || volume.front().empty()) return blobs;
  const SegmentGeometry geometry{static_cast<int>(volume.size()), volume.front().height(), volume.front().width(),
                                 wrap};
  IslandTracker tracker(geometry, options.connectivity, step_of(options.seed));
  std::vector<Island> islands;
  for (int k = 0; k < geometry.frames; ++k) {
    tracker.push(threshold_frame(volume[static_cast<std::size_t>(k)], k, lowest_level(options), {}), islands);
  }
  tracker.finish(islands);
  for (const Island& island : islands) {
    for (Blob& blob : grow_blobs(island, geometry, options)) blobs.push_back(std::move(blob));
  }
  const auto order = [&](const Blob& blob) {
    const auto peak = std::max_element(blob.voxels.begin(), blob.voxels.end(), [&](const Voxel& a, const Voxel& b) {
      if (a.value != b.value) return a.value < b.value;
      return std::tuple(a.frame % geometry.frames, a.v, a.u) > std::tuple(b.frame % geometry.frames, b.v, b.u);
    });
    return std::tuple(blob.voxels.front().frame, peak->frame % geometry.frames, peak->v, peak->u, !blob.small_seed);
  };
  std::sort(blobs.begin(), blobs.end(), [&](const Blob& a, const Blob& b) { return order(a) < order(b); });
  return blobs;
}

}  // namespace dctprep
