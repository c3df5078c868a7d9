// SPDX-License-Identifier: BSD-3-Clause
#include "dctprep/measure/measure.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <span>
#include <tuple>

#include "dctprep/base/assert.h"
#include "dctprep/measure/moments.h"
#include "dctprep/measure/spot_image.h"
#include "dctprep/measure/voxel_runs.h"

namespace dctprep {

namespace {

// Pixels that a run covers, in a bounding box with these low edges and this size.
std::uint32_t distinct_pixels(std::span<const VoxelRun> runs, int v_min, int u_min, int height, int width) {
  const std::size_t words = (static_cast<std::size_t>(width) + 63) / 64;  // of a row, a bit a pixel
  std::vector<std::uint64_t> seen(static_cast<std::size_t>(height) * words, 0);
  for (const VoxelRun& run : runs) {
    std::uint64_t* row = seen.data() + static_cast<std::size_t>(run.v - v_min) * words;
    const auto begin = static_cast<std::size_t>(run.u - u_min), end = begin + static_cast<std::size_t>(run.size);
    for (std::size_t word = begin / 64; word * 64 < end; ++word) {
      const std::uint64_t from = word * 64 < begin ? ~std::uint64_t{0} << begin % 64 : ~std::uint64_t{0};
      const std::uint64_t to = word * 64 + 64 > end ? ~(~std::uint64_t{0} << end % 64) : ~std::uint64_t{0};
      row[word] |= from & to;
    }
  }
  std::uint32_t distinct = 0;
  for (const std::uint64_t word : seen) distinct += static_cast<std::uint32_t>(std::popcount(word));
  return distinct;
}

// Bounding box, volume, area and peak: what spots and rejected blobs have in common.
template <class Row>
void set_outline(const std::vector<Voxel>& voxels, std::span<const VoxelRun> runs, int frames, Row& row) {
  row.frame_start = runs.front().frame;
  row.frame_end = runs.back().frame;
  row.u_min = row.v_min = std::numeric_limits<std::int32_t>::max();
  row.u_max = row.v_max = 0;
  const VoxelRun* brightest = &runs.front();
  const auto place = [&](const VoxelRun& run) { return std::tuple(run.frame % frames, run.v, run.u); };
  for (const VoxelRun& run : runs) {
    row.u_min = std::min(row.u_min, run.u);
    row.u_max = std::max(row.u_max, run.u + run.size - 1);
    row.v_min = std::min(row.v_min, run.v);
    row.v_max = std::max(row.v_max, run.v);
    if (run.max_value > brightest->max_value ||
        (run.max_value == brightest->max_value && place(run) < place(*brightest)))
      brightest = &run;
  }
  row.volume = static_cast<std::uint32_t>(voxels.size());
  row.area = distinct_pixels(runs, row.v_min, row.u_min, row.v_max - row.v_min + 1, row.u_max - row.u_min + 1);
  row.peak = brightest->max_value;
  row.peak_frame = brightest->frame;
  row.peak_v = brightest->v;
  const auto first = voxels.begin() + static_cast<std::ptrdiff_t>(brightest->first);
  row.peak_u = std::find_if(first, voxels.end(), [&](const Voxel& voxel) { return voxel.value == row.peak; })->u;
}

MeasuredBlob reject(const std::vector<Voxel>& voxels, std::span<const VoxelRun> runs, int frames, RejectReason reason) {
  MeasuredBlob measured;
  measured.rejected.emplace();
  measured.rejected->reason = reason;
  set_outline(voxels, runs, frames, *measured.rejected);
  return measured;
}

// What the clip leaves of `voxels`; a blob of which only the part behind the seam is left moves back by a turn.
std::vector<Voxel> clip(const std::vector<Voxel>& voxels, const MeasureContext& context) {
  std::vector<Voxel> kept;
  kept.reserve(voxels.size());
  for (const Voxel& voxel : voxels) {
    if (context.voxel_min <= voxel.value && voxel.value <= context.voxel_max) kept.push_back(voxel);
  }
  if (!kept.empty() && kept.front().frame >= context.frames) {
    for (Voxel& voxel : kept) voxel.frame -= context.frames;
  }
  return kept;
}

// Whether one of a run's voxels is saturated. What a bad pixel reads is not in the voxel: that shows its neighbours.
bool is_saturated(const VoxelRun& run, const std::vector<Voxel>& voxels, const MeasureContext& context) {
  if (!run.saturated) return false;
  for (std::size_t i = run.first; i < run.first + static_cast<std::size_t>(run.size); ++i) {
    const Voxel& voxel = voxels[i];
    if (voxel.saturated && (context.bad_pixels.empty() || context.bad_pixels(voxel.v, voxel.u) == 0)) return true;
  }
  return false;
}

std::uint32_t flags_of(std::span<const VoxelRun> runs, const std::vector<Voxel>& voxels, const Spot& spot,
                       const Blob& blob, const MeasureContext& context) {
  std::uint32_t flags = 0;
  if (blob.split || blob.level > blob.growth_threshold) flags |= kOverlap;
  const Sweep sweep = sweep_of(context, spot.frame_start);
  if (!context.wrap && (spot.frame_start == sweep.first || spot.frame_end == sweep.last)) flags |= kTruncated;
  if (spot.u_min == 0 || spot.v_min == 0 || spot.u_max == context.width - 1 || spot.v_max == context.height - 1)
    flags |= kBorder;
  // Next to an excluded pixel, or on one: a rectangle one pixel larger on each side, also where that leaves the
  // detector.
  const Region& excluded = context.excluded;
  const Region near =
      excluded.empty() ? Region{} : Region{excluded.u0 - 1, excluded.v0 - 1, excluded.u1 + 1, excluded.v1 + 1};
  for (const VoxelRun& run : runs) {
    if (is_saturated(run, voxels, context)) flags |= kSaturated;
    if (near.v0 <= run.v && run.v < near.v1 && run.u < near.u1 && near.u0 < run.u + run.size) flags |= kCut;
  }
  for (int frame = spot.frame_start - 1; frame <= spot.frame_end + 1; ++frame) {
    const int k = context.wrap ? (frame + context.frames) % context.frames : frame;
    const bool inside = context.wrap ? 0 <= k && k < context.frames : sweep.first <= k && k <= sweep.last;
    if (inside && context.bad_frames[static_cast<std::size_t>(k)] != 0) flags |= kBadFrame;
  }
  if (2 * (std::int64_t{spot.frame_end} - spot.frame_start + 1) > context.half_window) flags |= kLong;
  return flags;
}

std::optional<RejectReason> first_reason(const Spot& spot, const MeasureContext& context) {
  const FilterOptions& f = context.filter;
  const auto below = [](std::int64_t value, int limit) { return limit != 0 && value < limit; };
  const auto above = [](std::int64_t value, int limit) { return limit != 0 && value > limit; };
  const int frames = spot.frame_end - spot.frame_start + 1;
  if (below(spot.area, f.min_area)) return RejectReason::kMinArea;
  if (above(spot.area, f.max_area)) return RejectReason::kMaxArea;
  if (below(std::min(spot.width(), spot.height()), f.min_extent)) return RejectReason::kMinExtent;
  if (above(std::max(spot.width(), spot.height()), f.max_extent)) return RejectReason::kMaxExtent;
  if (below(frames, f.min_frames)) return RejectReason::kMinFrames;
  if (above(frames, f.max_frames)) return RejectReason::kMaxFrames;
  if (!context.beam.empty()) {
    const int distance = std::max({context.beam.u0 - 1 - spot.u_max, spot.u_min - context.beam.u1,
                                   context.beam.v0 - 1 - spot.v_max, spot.v_min - context.beam.v1});
    if (below(distance, f.min_beam_distance)) return RejectReason::kMinBeamDistance;
  }
  if (f.reject_border && (spot.flags & kBorder) != 0) return RejectReason::kRejectBorder;
  if (f.reject_truncated && (spot.flags & kTruncated) != 0) return RejectReason::kRejectTruncated;
  return std::nullopt;
}

}  // namespace

double omega_at(double frame, const std::vector<double>& omega) {
  const auto count = static_cast<std::int64_t>(omega.size());
  const auto below = static_cast<std::int64_t>(std::floor(frame));
  // A turn in the sense of the rotation; the omega of frame k + count is that of k a turn later.
  const double turn = omega.back() < omega.front() ? -360.0 : 360.0;
  const auto at = [&](std::int64_t k) {
    return omega[static_cast<std::size_t>(k % count)] + turn * static_cast<double>(k / count);
  };
  const double share = frame - static_cast<double>(below);
  if (share == 0.0) return at(below);
  return at(below) + share * (at(below + 1) - at(below));
}

MeasuredBlob measure_blob(Blob&& blob, const MeasureContext& context, const FrameVoxels& frame_voxels) {
  DCTPREP_ASSERT(!blob.voxels.empty());
  std::vector<VoxelRun> runs = runs_of(blob.voxels);
  if (blob.small_seed) return reject(blob.voxels, runs, context.frames, RejectReason::kMinSeedVolume);
  MeasuredBlob measured;
  if (context.voxel_min > 0 || context.voxel_max < 65535) {
    measured.voxels = clip(blob.voxels, context);
    if (measured.voxels.empty()) return reject(blob.voxels, runs, context.frames, RejectReason::kVoxelClip);
    runs = runs_of(measured.voxels);
  } else {
    measured.voxels = std::move(blob.voxels);
  }
  Spot& spot = measured.spot;
  set_outline(measured.voxels, runs, context.frames, spot);
  spot.grow_level = static_cast<std::uint16_t>(blob.level);
  spot.seed_volume = blob.seed_volume;
  spot.flags = flags_of(runs, measured.voxels, spot, blob, context);
  if (const auto reason = first_reason(spot, context)) return reject(measured.voxels, runs, context.frames, *reason);
  set_moments(runs, spot);
  spot.omega = omega_at(spot.frame, context.omega);
  set_omega_trim(runs, context.spots, spot);
  measured.image = spot_image(measured.voxels, runs, spot, context, frame_voxels);
  return measured;
}

}  // namespace dctprep
