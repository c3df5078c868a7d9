// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <array>

#include "dctprep/base/fields.h"

namespace dctprep {

// [filter]: which blobs are no spots. 0 switches a limit off.
struct FilterOptions {
  int min_area = 0;
  int max_area = 0;
  int min_extent = 0;
  int max_extent = 0;
  int min_frames = 0;
  int max_frames = 0;
  int min_beam_distance = 0;
  bool reject_border = false;
  bool reject_truncated = false;

  friend bool operator==(const FilterOptions&, const FilterOptions&) = default;
};

template <OptionsLike<FilterOptions> O, class Visitor>
void visit_fields(O& o, Visitor&& visit) {
  visit("min_area", o.min_area,
        FieldInfo{.doc = "fewest distinct pixels; 0: no limit (as everywhere here)", .unit = "pixels", .min = 0});
  visit("max_area", o.max_area, FieldInfo{.doc = "most distinct pixels", .unit = "pixels", .min = 0});
  visit("min_extent", o.min_extent,
        FieldInfo{.doc = "least of the smaller of width and height", .unit = "pixels", .min = 0});
  visit("max_extent", o.max_extent,
        FieldInfo{.doc = "most of the larger of width and height", .unit = "pixels", .min = 0});
  visit("min_frames", o.min_frames, FieldInfo{.doc = "fewest frames", .unit = "frames", .min = 0});
  visit("max_frames", o.max_frames, FieldInfo{.doc = "most frames", .unit = "frames", .min = 0});
  visit("min_beam_distance", o.min_beam_distance,
        FieldInfo{.doc = "least distance of the bounding box to the direct beam", .unit = "pixels", .min = 0});
  visit("reject_border", o.reject_border, FieldInfo{.doc = "reject blobs that touch the detector's border"});
  visit("reject_truncated", o.reject_truncated, FieldInfo{.doc = "reject blobs that touch the first or last frame"});
}

enum class SpotImage { kBlob3d, kBlob2d, kBox, kNone };
template <>
struct EnumNames<SpotImage> {
  static constexpr std::array<std::string_view, 4> names{"blob3d", "blob2d", "box", "none"};
};

// [spots]: what is written of each spot.
struct SpotsOptions {
  double trim_min = 0.0005;
  double trim_tail = 0.0005;
  SpotImage image = SpotImage::kBlob3d;
  bool voxels = true;
  bool rejected = false;
  bool photometry = true;
  int photometry_frames = 100;

  friend bool operator==(const SpotsOptions&, const SpotsOptions&) = default;
};

template <OptionsLike<SpotsOptions> O, class Visitor>
void visit_fields(O& o, Visitor&& visit) {
  visit("trim_min", o.trim_min,
        FieldInfo{.doc = "frames at either end with less than this share of the brightest frame's intensity are left "
                         "out of the spot image",
                  .min = 0,
                  .max = 1});
  visit("trim_tail", o.trim_tail,
        FieldInfo{.doc = "then as many more as hold together no more than this share of the whole intensity",
                  .min = 0,
                  .max = 1});
  visit("image", o.image,
        FieldInfo{.doc = "spot images: sum over frames of the blob's voxels (blob3d), of every voxel under its outline "
                         "(blob2d) or in its bounding box (box), or none"});
  visit("voxels", o.voxels, FieldInfo{.doc = "write the voxels of every spot"});
  visit("rejected", o.rejected, FieldInfo{.doc = "list rejected blobs with the reason; they are counted in any case"});
  visit("photometry", o.photometry,
        FieldInfo{.doc = "measure intensity and centroid of every spot over a widened footprint, with their "
                         "uncertainties"});
  visit("photometry_frames", o.photometry_frames,
        FieldInfo{.doc = "frames that wait in memory for photometry; what lasts longer goes without it",
                  .unit = "frames",
                  .min = 1,
                  .max = 10000});
}

}  // namespace dctprep
