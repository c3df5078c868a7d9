// SPDX-License-Identifier: BSD-3-Clause
#include "dctprep/segment/segment.h"

#include <algorithm>
#include <cstddef>
#include <tuple>
#include <utility>

#include "dctprep/segment/grow_blobs.h"
#include "dctprep/segment/island_tracker.h"
#include "dctprep/segment/threshold.h"

namespace dctprep {

namespace {

// In the order of spots.
void sort_as_spots(std::vector<Blob>& blobs, int frames) {
  struct Place {
    std::tuple<int, int, int, int, bool> order;
    std::size_t blob = 0;
  };
  std::vector<Place> places(blobs.size());
  for (std::size_t i = 0; i < blobs.size(); ++i) {
    const std::vector<Voxel>& voxels = blobs[i].voxels;
    const auto peak = std::max_element(voxels.begin(), voxels.end(), [&](const Voxel& a, const Voxel& b) {
      if (a.value != b.value) return a.value < b.value;
      return std::tuple(a.frame % frames, a.v, a.u) > std::tuple(b.frame % frames, b.v, b.u);
    });
    places[i] = {{voxels.front().frame, peak->frame % frames, peak->v, peak->u, !blobs[i].small_seed}, i};
  }
  std::ranges::sort(places, {}, &Place::order);
  std::vector<Blob> sorted;
  sorted.reserve(blobs.size());
  for (const Place& place : places) sorted.push_back(std::move(blobs[place.blob]));
  blobs = std::move(sorted);
}

}  // namespace

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
  sort_as_spots(blobs, geometry.frames);
  return blobs;
}

}  // namespace dctprep
