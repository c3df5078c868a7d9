// SPDX-License-Identifier: BSD-3-Clause
// Spots and rejected blobs, and the one list of their columns: the result's datasets, csv, docs and Python derive from
// it.
#pragma once

#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

namespace dctprep {

enum SpotFlag : std::uint32_t {
  kOverlap = 1,    // parted from a stronger blob above its own growth threshold, or one of several spots of a blob
  kTruncated = 2,  // touches the first or last frame of an unwrapped scan
  kBorder = 4,     // touches the detector's border
  kSaturated = 8,  // holds a saturated raw value, not of a bad pixel
  kBadFrame = 16,  // a bad frame lies in its range or next to it
  kCut = 32,       // a voxel lies next to an excluded pixel
  kLong = 64,      // 2 * frames > half_window: it has eaten into its own background
};
inline const std::vector<std::string>& spot_flag_names() {
  static const std::vector<std::string> names{"overlap",   "truncated", "border", "saturated",
                                              "bad_frame", "cut",       "long"};
  return names;
}

// A blob summed over omega. Frames and bounds are inclusive; pixel centres lie at whole numbers.
struct Spot {
  std::uint32_t id = 0;
  std::int32_t frame_start = 0, frame_end = 0, frame_ext_start = 0, frame_ext_end = 0, frame_max = 0;
  std::int32_t u_min = 0, u_max = 0, v_min = 0, v_max = 0;
  std::uint32_t volume = 0, area = 0;
  std::uint64_t integral = 0;
  std::uint16_t peak = 0;
  std::int32_t peak_frame = 0, peak_v = 0, peak_u = 0;
  double frame = 0, u = 0, v = 0, omega = 0;
  double sigma_frame = 0, sigma_u = 0, sigma_v = 0, cov_uv = 0;
  std::uint16_t grow_level = 0;
  std::uint32_t seed_volume = 0;
  std::uint32_t flags = 0;
  // Photometry, where it is asked for; NaN where it cannot be done.
  static constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
  double intensity = kNan, intensity_sigma = kNan, snr = kNan;
  double intensity_frame = kNan, intensity_u = kNan, intensity_v = kNan;
  double frame_sigma = kNan, u_sigma = kNan, v_sigma = kNan;
  double pedestal = kNan;
  std::uint32_t intensity_volume = 0;

  std::int32_t mate = -1;  // of a Friedel pair; written by score/ where asked for

  int width() const { return u_max - u_min + 1; }
  int height() const { return v_max - v_min + 1; }
};

struct ColumnInfo {
  std::string_view name;
  std::string_view unit;  // "" where there is none
  std::string_view long_name;
};

// Calls visit(ColumnInfo, pointer to member) for each column of the spot table, in the order of the table. To add a
// column: a member above, a line here, and its value in measure/.
template <class Visitor>
void visit_spot_columns(Visitor&& visit) {
  visit(ColumnInfo{"id", "", "spot number"}, &Spot::id);
  visit(ColumnInfo{"frame_start", "frames", "first frame"}, &Spot::frame_start);
  visit(ColumnInfo{"frame_end", "frames", "last frame"}, &Spot::frame_end);
  visit(ColumnInfo{"frame_ext_start", "frames", "first frame of the spot image"}, &Spot::frame_ext_start);
  visit(ColumnInfo{"frame_ext_end", "frames", "last frame of the spot image"}, &Spot::frame_ext_end);
  visit(ColumnInfo{"frame_max", "frames", "frame of largest summed intensity"}, &Spot::frame_max);
  visit(ColumnInfo{"u_min", "pixels", "bounding box, lowest column"}, &Spot::u_min);
  visit(ColumnInfo{"u_max", "pixels", "bounding box, highest column"}, &Spot::u_max);
  visit(ColumnInfo{"v_min", "pixels", "bounding box, lowest row"}, &Spot::v_min);
  visit(ColumnInfo{"v_max", "pixels", "bounding box, highest row"}, &Spot::v_max);
  visit(ColumnInfo{"volume", "voxels", "number of voxels"}, &Spot::volume);
  visit(ColumnInfo{"area", "pixels", "number of distinct pixels"}, &Spot::area);
  visit(ColumnInfo{"integral", "counts", "sum over all voxels"}, &Spot::integral);
  visit(ColumnInfo{"peak", "counts", "largest voxel"}, &Spot::peak);
  visit(ColumnInfo{"peak_frame", "frames", "frame of the largest voxel"}, &Spot::peak_frame);
  visit(ColumnInfo{"peak_v", "pixels", "row of the largest voxel"}, &Spot::peak_v);
  visit(ColumnInfo{"peak_u", "pixels", "column of the largest voxel"}, &Spot::peak_u);
  visit(ColumnInfo{"frame", "frames", "centroid along the rotation"}, &Spot::frame);
  visit(ColumnInfo{"u", "pixels", "centroid column"}, &Spot::u);
  visit(ColumnInfo{"v", "pixels", "centroid row"}, &Spot::v);
  visit(ColumnInfo{"omega", "degrees", "centroid rotation angle"}, &Spot::omega);
  visit(ColumnInfo{"sigma_frame", "frames", "standard deviation along the rotation"}, &Spot::sigma_frame);
  visit(ColumnInfo{"sigma_u", "pixels", "standard deviation of columns"}, &Spot::sigma_u);
  visit(ColumnInfo{"sigma_v", "pixels", "standard deviation of rows"}, &Spot::sigma_v);
  visit(ColumnInfo{"cov_uv", "pixels^2", "covariance of column and row"}, &Spot::cov_uv);
  visit(ColumnInfo{"grow_level", "counts", "level that the blob reaches down to"}, &Spot::grow_level);
  visit(ColumnInfo{"seed_volume", "voxels", "voxels of the seed"}, &Spot::seed_volume);
  visit(ColumnInfo{"flags", "", "flags, bit by bit as in flag_names"}, &Spot::flags);
}

// The columns of photometry, which only some results hold.
template <class Visitor>
void visit_photometry_columns(Visitor&& visit) {
  visit(ColumnInfo{"intensity", "counts", "sum over the widened footprint, less the pedestal"}, &Spot::intensity);
  visit(ColumnInfo{"intensity_sigma", "counts", "standard uncertainty of intensity"}, &Spot::intensity_sigma);
  visit(ColumnInfo{"snr", "", "intensity over its standard uncertainty"}, &Spot::snr);
  visit(ColumnInfo{"intensity_frame", "frames", "centroid of intensity along the rotation"}, &Spot::intensity_frame);
  visit(ColumnInfo{"intensity_u", "pixels", "centroid column of intensity"}, &Spot::intensity_u);
  visit(ColumnInfo{"intensity_v", "pixels", "centroid row of intensity"}, &Spot::intensity_v);
  visit(ColumnInfo{"frame_sigma", "frames", "standard uncertainty of intensity_frame"}, &Spot::frame_sigma);
  visit(ColumnInfo{"u_sigma", "pixels", "standard uncertainty of intensity_u"}, &Spot::u_sigma);
  visit(ColumnInfo{"v_sigma", "pixels", "standard uncertainty of intensity_v"}, &Spot::v_sigma);
  visit(ColumnInfo{"pedestal", "counts", "mean residual of a voxel beside the spot"}, &Spot::pedestal);
  visit(ColumnInfo{"intensity_volume", "voxels", "voxels summed in intensity"}, &Spot::intensity_volume);
}

// The column of Friedel mates, which only some results hold.
template <class Visitor>
void visit_mate_column(Visitor&& visit) {
  visit(ColumnInfo{"mate", "", "spot number of the Friedel mate, -1 where there is none"}, &Spot::mate);
}

// The order is that of /entry/rejected, so far also that of the filters.
enum class RejectReason : std::uint8_t {
  kMinSeedVolume,
  kVoxelClip,
  kMinArea,
  kMaxArea,
  kMinExtent,
  kMaxExtent,
  kMinFrames,
  kMaxFrames,
  kMinBeamDistance,
  kRejectBorder,
  kRejectTruncated,
};
// In the same order; their number is that of the reasons.
inline const std::vector<std::string>& reject_reason_names() {
  static const std::vector<std::string> names{"min_seed_volume",   "voxel_clip",    "min_area",        "max_area",
                                              "min_extent",        "max_extent",    "min_frames",      "max_frames",
                                              "min_beam_distance", "reject_border", "reject_truncated"};
  return names;
}

struct RejectedBlob {
  RejectReason reason = RejectReason::kMinSeedVolume;
  std::int32_t peak_frame = 0, peak_v = 0, peak_u = 0;
  std::uint16_t peak = 0;
  std::uint32_t volume = 0, area = 0;
  std::int32_t frame_start = 0, frame_end = 0, u_min = 0, u_max = 0, v_min = 0, v_max = 0;
};

template <class Visitor>
void visit_rejected_columns(Visitor&& visit) {
  visit(ColumnInfo{"reason", "", "why, as in reason_names"}, &RejectedBlob::reason);
  visit(ColumnInfo{"peak_frame", "frames", "frame of the largest voxel"}, &RejectedBlob::peak_frame);
  visit(ColumnInfo{"peak_v", "pixels", "row of the largest voxel"}, &RejectedBlob::peak_v);
  visit(ColumnInfo{"peak_u", "pixels", "column of the largest voxel"}, &RejectedBlob::peak_u);
  visit(ColumnInfo{"peak", "counts", "largest voxel"}, &RejectedBlob::peak);
  visit(ColumnInfo{"volume", "voxels", "number of voxels"}, &RejectedBlob::volume);
  visit(ColumnInfo{"area", "pixels", "number of distinct pixels"}, &RejectedBlob::area);
  visit(ColumnInfo{"frame_start", "frames", "first frame"}, &RejectedBlob::frame_start);
  visit(ColumnInfo{"frame_end", "frames", "last frame"}, &RejectedBlob::frame_end);
  visit(ColumnInfo{"u_min", "pixels", "bounding box, lowest column"}, &RejectedBlob::u_min);
  visit(ColumnInfo{"u_max", "pixels", "bounding box, highest column"}, &RejectedBlob::u_max);
  visit(ColumnInfo{"v_min", "pixels", "bounding box, lowest row"}, &RejectedBlob::v_min);
  visit(ColumnInfo{"v_max", "pixels", "bounding box, highest row"}, &RejectedBlob::v_max);
}

}  // namespace dctprep
