// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <array>
#include <string>

#include "dctprep/base/fields.h"

namespace dctprep {

enum class SegmentMethod { kDouble, kSingle };
template <>
struct EnumNames<SegmentMethod> {
  static constexpr std::array<std::string_view, 2> names{"double", "single"};
};

// Of the levels: counts, or standard deviations of the noise where the pixel is (docs/sigma.md).
enum class SegmentUnit { kCounts, kSigma };
template <>
struct EnumNames<SegmentUnit> {
  static constexpr std::array<std::string_view, 2> names{"counts", "sigma"};
};

// [segment]: the double threshold in 3D.
struct SegmentOptions {
  SegmentMethod method = SegmentMethod::kDouble;
  Auto<SegmentUnit> unit;
  Auto<Level> seed;
  double tau = 0.1;
  Auto<Level> grow_min;
  Auto<Level> grow_max;
  int connectivity = 26;
  Auto<int> min_seed_volume;
  Auto<double> split = 0.0;
  int voxel_min = 0;
  int voxel_max = 65535;
  double max_fill = 0.25;

  friend bool operator==(const SegmentOptions&, const SegmentOptions&) = default;
};

template <OptionsLike<SegmentOptions> O, class Visitor>
void visit_fields(O& o, Visitor&& visit) {
  visit(
      "method", o.method,
      FieldInfo{.doc = "double: seeds above `seed` grow down to a level of their own; single: one threshold, `seed`"});
  visit(
      "unit", o.unit,
      FieldInfo{.doc = "of seed, grow_min and grow_max. counts; sigma: standard deviations of a pixel's noise, so that "
                       "one level holds under the glow and far from it; auto: counts where one of them is given, else "
                       "what finds more spots"});
  visit(
      "seed", o.seed,
      FieldInfo{
          .doc = "a spot needs connected voxels of at least this", .unit = "counts or sigma", .min = 1, .max = 65535});
  visit("tau", o.tau,
        FieldInfo{
            .doc = "a spot grows down to this share of its peak, within grow_min ... grow_max", .min = 0, .max = 1});
  visit("grow_min", o.grow_min,
        FieldInfo{.doc = "lowest growth threshold", .unit = "counts or sigma", .min = 1, .max = 65535});
  visit("grow_max", o.grow_max,
        FieldInfo{.doc = "highest growth threshold", .unit = "counts or sigma", .min = 1, .max = 65535});
  visit("connectivity", o.connectivity, FieldInfo{.doc = "neighbours of a voxel", .numbers = "6, 18, 26"});
  visit("min_seed_volume", o.min_seed_volume,
        FieldInfo{.doc = "smallest number of connected voxels above `seed`", .unit = "voxels", .min = 0});
  visit("split", o.split,
        FieldInfo{.doc = "a blob is parted into spots where the saddle between two peaks is below this share of the "
                         "weaker one; 0: never; auto: by the noise",
                  .min = 0,
                  .max = 1});
  visit(
      "voxel_min", o.voxel_min,
      FieldInfo{
          .doc = "voxels below are dropped from a blob after it has grown", .unit = "counts", .min = 0, .max = 65535});
  visit(
      "voxel_max", o.voxel_max,
      FieldInfo{
          .doc = "voxels above are dropped from a blob after it has grown", .unit = "counts", .min = 0, .max = 65535});
  visit("max_fill", o.max_fill,
        FieldInfo{.doc = "a frame with a larger share of its voxels at or above grow_min stops the run; 1: no limit",
                  .min = 0,
                  .max = 1});
}

// Segmentation compares whole numbers: counts, or sixteenths of a standard deviation.
inline constexpr int kSigmaSteps = 16;

inline bool is_in_sigma(const SegmentOptions& o) { return o.unit == Auto<SegmentUnit>(SegmentUnit::kSigma); }

// The same options with levels as segmentation takes them: rounded to steps, of a count or a sixteenth of sigma. Those
// that are "auto" stay so.
SegmentOptions in_steps(const SegmentOptions& options);

// A level of in_steps(), which is given.
inline int step_of(const Auto<Level>& level) { return static_cast<int>(level.value().number()); }

// A level in steps as the user gives it: "25" counts, "3.5" sigma.
Level level_of_step(int step, const SegmentOptions& options);
std::string level_text(int step, const SegmentOptions& options);

// The lowest threshold that any voxel of a blob passes, of options in steps: grow_min, or seed where method is
// "single".
inline int lowest_level(const SegmentOptions& o) {
  return step_of(o.method == SegmentMethod::kSingle ? o.seed : o.grow_min);
}
// What it is called.
inline const char* lowest_level_key(const SegmentOptions& o) {
  return o.method == SegmentMethod::kSingle ? "seed" : "grow_min";
}

}  // namespace dctprep
