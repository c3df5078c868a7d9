#include "dctprep/measure/measure.h"

#include <algorithm>
#include <cmath>
#include <tuple>

#include "dctprep/base/assert.h"
#include "dctprep/measure/moments.h"
#include "dctprep/measure/spot_image.h"

namespace dctprep {

namespace {

// In a bounding box with these low edges and this size.
std::uint32_t distinct_pixels(const std::vector<Voxel>& voxels, int v_min, int u_min, int height, int width) {
  std::vector<bool> seen(static_cast<std::size_t>(height) * static_cast<std::size_t>(width), false);
  std::uint32_t distinct = 0;
  for (const Voxel& voxel : voxels) {
    auto pixel = seen[static_cast<std::size_t>(voxel.v - v_min) * static_cast<std::size_t>(width) +
                      static_cast<std::size_t>(voxel.u - u_min)];
    distinct += !pixel;
    pixel = true;
  }
  return distinct;
}

// Bounding box, volume, area and peak: what spots and rejected blobs have in common.
template <class Row>
void set_outline(const std::vector<Voxel>& voxels, int frames, Row& row) {
  const Voxel& first = voxels.front();
  row.frame_start = first.frame;
  row.frame_end = voxels.back().frame;
  row.u_min = row.u_max = first.u;
  row.v_min = row.v_max = first.v;
  const Voxel* peak = &first;
  const auto place = [&](const Voxel& voxel) { return std::tuple(voxel.frame % frames, voxel.v, voxel.u); };
  for (const Voxel& voxel : voxels) {
    row.u_min = std::min<std::int32_t>(row.u_min, voxel.u);
    row.u_max = std::max<std::int32_t>(row.u_max, voxel.u);
    row.v_min = std::min<std::int32_t>(row.v_min, voxel.v);
    row.v_max = std::max<std::int32_t>(row.v_max, voxel.v);
    if (voxel.value > peak->value || (voxel.value == peak->value && place(voxel) < place(*peak))) peak = &voxel;
  }
  row.volume = static_cast<std::uint32_t>(voxels.size());
  row.area = distinct_pixels(voxels, row.v_min, row.u_min, row.v_max - row.v_min + 1, row.u_max - row.u_min + 1);
  row.peak = peak->value;
  row.peak_frame = peak->frame;
  row.peak_v = peak->v;
  row.peak_u = peak->u;
}

MeasuredBlob reject(const std::vector<Voxel>& voxels, int frames, RejectReason reason) {
  MeasuredBlob measured;
  measured.rejected.emplace();
  measured.rejected->reason = reason;
  set_outline(voxels, frames, *measured.rejected);
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

std::uint32_t flags_of(const std::vector<Voxel>& voxels, const Spot& spot, const Blob& blob,
                       const MeasureContext& context) {
  std::uint32_t flags = 0;
  if (blob.level > blob.growth_threshold) flags |= kOverlap;
  if (!context.wrap && (spot.frame_start == 0 || spot.frame_end == context.frames - 1)) flags |= kTruncated;
  if (spot.u_min == 0 || spot.v_min == 0 || spot.u_max == context.width - 1 || spot.v_max == context.height - 1)
    flags |= kBorder;
  // Next to an excluded pixel, or on one: a rectangle one pixel larger on each side, also where that leaves the
  // detector.
  const Region& excluded = context.excluded;
  const Region near =
      excluded.empty() ? Region{} : Region{excluded.u0 - 1, excluded.v0 - 1, excluded.u1 + 1, excluded.v1 + 1};
  for (const Voxel& voxel : voxels) {
    if (voxel.saturated) flags |= kSaturated;
    if (near.contains(voxel.v, voxel.u)) flags |= kCut;
  }
  for (int frame = spot.frame_start - 1; frame <= spot.frame_end + 1; ++frame) {
    const int k = context.wrap ? (frame + context.frames) % context.frames : frame;
    if (0 <= k && k < context.frames && context.bad_frames[static_cast<std::size_t>(k)] != 0) flags |= kBadFrame;
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
  if (blob.small_seed) return reject(blob.voxels, context.frames, RejectReason::kMinSeedVolume);
  MeasuredBlob measured;
  if (context.voxel_min > 0 || context.voxel_max < 65535) {
    measured.voxels = clip(blob.voxels, context);
    if (measured.voxels.empty()) return reject(blob.voxels, context.frames, RejectReason::kVoxelClip);
  } else {
    measured.voxels = std::move(blob.voxels);
  }
  Spot& spot = measured.spot;
  set_outline(measured.voxels, context.frames, spot);
  spot.grow_level = static_cast<std::uint16_t>(blob.level);
  spot.seed_volume = blob.seed_volume;
  spot.flags = flags_of(measured.voxels, spot, blob, context);
  if (const auto reason = first_reason(spot, context)) return reject(measured.voxels, context.frames, *reason);
  set_moments(measured.voxels, spot);
  spot.omega = omega_at(spot.frame, context.omega);
  set_omega_trim(measured.voxels, context.spots, spot);
  measured.image = spot_image(measured.voxels, spot, context, frame_voxels);
  return measured;
}

}  // namespace dctprep
