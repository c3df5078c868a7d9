// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <array>
#include <optional>
#include <string>
#include <utility>

#include "dctprep/base/fields.h"

namespace dctprep {

enum class SegmentMethod { kDouble, kSingle };
template <>
struct EnumNames<SegmentMethod> {
  static constexpr std::array<std::string_view, 2> names{"double", "single"};
};

using SegmentUnit = LevelUnit;

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
  visit("unit", o.unit,
        FieldInfo{.doc = "of seed, grow_min and grow_max where they are plain numbers. counts; sigma: standard "
                         "deviations of a pixel's noise, so that one level holds under the glow and far from it; auto: "
                         "that of a level which carries its unit, else what finds more spots (a file without this key "
                         "whose three levels are plain numbers: counts)"});
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

// "segment.seed", ... and the levels.
inline std::array<std::pair<const char*, const Auto<Level>*>, 3> named_levels(const SegmentOptions& o) {
  return {std::pair("segment.seed", &o.seed), std::pair("segment.grow_min", &o.grow_min),
          std::pair("segment.grow_max", &o.grow_max)};
}

// The unit of the levels as far as it is stated: by `unit`, or by a level that carries its own; none where the data are
// to choose it. Levels of several units are refused by check_config().
std::optional<SegmentUnit> stated_unit(const SegmentOptions& options);

// The same options in `unit`, which they state or leave open, with every level that is given carrying it.
SegmentOptions in_unit(const SegmentOptions& options, SegmentUnit unit);

// The same options with seed, grow_min, grow_max and min_seed_volume left to be found.
SegmentOptions with_open_thresholds(const SegmentOptions& options);

// Those of seed, grow_min and grow_max that are given: `segment.seed = "5 sigma" and segment.grow_min = "3 sigma"`;
// empty where none is.
std::string given_levels_text(const SegmentOptions& options);

// What is wrong with a level of that many: `must be between 1 and 65535 counts`; nothing where it is right.
std::optional<std::string> level_problem(double number, SegmentUnit unit);

inline bool is_in_sigma(const SegmentOptions& o) { return stated_unit(o) == SegmentUnit::kSigma; }

// The same options with levels as segmentation takes them: plain numbers, rounded to steps, of a count or a sixteenth
// of sigma. Those that are "auto" stay so. Where no unit is stated, levels are in counts.
SegmentOptions in_steps(const SegmentOptions& options);

// A level of in_steps(), which is given.
inline int step_of(const Auto<Level>& level) { return static_cast<int>(level.value().number()); }

// A level in steps as the user gives it, with its unit: "25 counts", "3.5 sigma".
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
