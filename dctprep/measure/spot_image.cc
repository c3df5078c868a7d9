// SPDX-License-Identifier: BSD-3-Clause
#include "dctprep/measure/spot_image.h"

#include <algorithm>

namespace dctprep {

void set_omega_trim(std::span<const VoxelRun> runs, const SpotsOptions& options, Spot& spot) {
  std::vector<std::uint64_t> by_frame(static_cast<std::size_t>(spot.frame_end - spot.frame_start + 1), 0);
  spot.integral = 0;
  for (const VoxelRun& run : runs) {
    by_frame[static_cast<std::size_t>(run.frame - spot.frame_start)] += run.sum;
    spot.integral += run.sum;
  }
  const auto brightest =
      static_cast<std::ptrdiff_t>(std::max_element(by_frame.begin(), by_frame.end()) - by_frame.begin());
  const double least = options.trim_min * static_cast<double>(by_frame[static_cast<std::size_t>(brightest)]);
  const double tail = options.trim_tail * static_cast<double>(spot.integral);
  // Walks from one end towards the brightest frame and returns the first frame that stays.
  const auto trim = [&](std::ptrdiff_t at, std::ptrdiff_t step) {
    const auto sum_at = [&](std::ptrdiff_t i) { return by_frame[static_cast<std::size_t>(i)]; };
    while (at != brightest && static_cast<double>(sum_at(at)) < least) at += step;
    std::uint64_t dropped = 0;
    while (at != brightest && static_cast<double>(dropped + sum_at(at)) <= tail) {
      dropped += sum_at(at);
      at += step;
    }
    return static_cast<std::int32_t>(at);
  };
  spot.frame_max = spot.frame_start + static_cast<std::int32_t>(brightest);
  spot.frame_ext_start = spot.frame_start + trim(0, 1);
  spot.frame_ext_end = spot.frame_start + trim(static_cast<std::ptrdiff_t>(by_frame.size()) - 1, -1);
}

std::vector<std::uint32_t> spot_image(std::span<const Voxel> voxels, std::span<const VoxelRun> runs, const Spot& spot,
                                      const MeasureContext& context, const FrameVoxels& frame_voxels) {
  const SpotImage kind = context.spots.image;
  if (kind == SpotImage::kNone) return {};
  const int width = spot.width();
  std::vector<std::uint32_t> image(static_cast<std::size_t>(width) * static_cast<std::size_t>(spot.height()), 0);
  const auto index = [&](int v, int u) {
    return static_cast<std::size_t>(v - spot.v_min) * static_cast<std::size_t>(width) +
           static_cast<std::size_t>(u - spot.u_min);
  };
  if (kind == SpotImage::kBlob3d) {
    for (const VoxelRun& run : runs) {
      if (run.frame < spot.frame_ext_start || run.frame > spot.frame_ext_end) continue;
      std::uint32_t* pixel = image.data() + index(run.v, run.u);
      for (const Voxel& voxel : voxels.subspan(run.first, static_cast<std::size_t>(run.size))) *pixel++ += voxel.value;
    }
    return image;
  }
  std::vector<bool> inside(image.size(), kind == SpotImage::kBox);
  if (kind == SpotImage::kBlob2d) {
    for (const VoxelRun& run : runs)
      std::fill_n(inside.begin() + static_cast<std::ptrdiff_t>(index(run.v, run.u)), run.size, true);
  }
  for (int frame = spot.frame_ext_start; frame <= spot.frame_ext_end; ++frame) {
    const SparseFrame& sparse = frame_voxels(frame % context.frames);
    auto run = std::lower_bound(sparse.runs.begin(), sparse.runs.end(), spot.v_min,
                                [](const Run& a, int v) { return a.v < v; });
    for (; run != sparse.runs.end() && run->v <= spot.v_max; ++run) {
      const int first = std::max(run->u_begin, spot.u_min);
      const int last = std::min(run->u_end - 1, spot.u_max);
      for (int u = first; u <= last; ++u) {
        const std::size_t at = index(run->v, u);
        if (inside[at]) image[at] += sparse.values[run->offset + static_cast<std::uint32_t>(u - run->u_begin)];
      }
    }
  }
  return image;
}

}  // namespace dctprep
