// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "dctprep/base/fields.h"

namespace dctprep {

// In which order frames are processed.
enum class FrameOrder { kAuto, kStored, kOmega };
template <>
struct EnumNames<FrameOrder> {
  static constexpr std::array<std::string_view, 3> names{"auto", "stored", "omega"};
};

// [scan]: where the frames are and which of them are used.
struct ScanOptions {
  std::string path;
  std::string dark = "auto";
  std::string flat = "auto";
  Auto<double> omega_start;
  Auto<double> omega_step;
  std::string omega = "auto";
  Auto<bool> wrap;
  FrameOrder order = FrameOrder::kAuto;
  Auto<int> turn;
  std::optional<std::array<int, 2>> frames;
  std::vector<int> bad_frames;
  Auto<int> max_bad_frames;
  std::string mask = "auto";
  Auto<int> saturation;

  friend bool operator==(const ScanOptions&, const ScanOptions&) = default;
};

template <OptionsLike<ScanOptions> O, class Visitor>
void visit_fields(O& o, Visitor&& visit) {
  visit("path", o.path,
        FieldInfo{.doc =
                      "the scan: an HDF5 file, optionally FILE.h5::/path/to/dataset; a folder or a quoted glob of EDF, "
                      "TIFF or CBF files; a multi-frame EDF or multi-page TIFF",
                  .kind = FieldKind::kPath});
  visit(
      "dark", o.dark,
      FieldInfo{
          .doc = "frames without beam (sensor offset), as a scan path; auto: looked for in the scan's file and folder",
          .kind = FieldKind::kPath,
          .words = "auto, none",
          .of_one_scan = true});
  visit(
      "flat", o.flat,
      FieldInfo{
          .doc = "frames with beam and without sample, as a scan path; auto: looked for in the scan's file and folder",
          .kind = FieldKind::kPath,
          .words = "auto, none",
          .of_one_scan = true});
  visit("omega_start", o.omega_start,
        FieldInfo{.doc = "rotation angle of the file's frame 0; auto: from the scan",
                  .unit = "degrees",
                  .min = -1e6,
                  .max = 1e6,
                  .of_one_scan = true});
  visit("omega_step", o.omega_step,
        FieldInfo{.doc = "rotation from frame to frame; auto: from the scan",
                  .unit = "degrees",
                  .min = -360,
                  .max = 360,
                  .of_one_scan = true});
  visit(
      "omega", o.omega,
      FieldInfo{
          .doc = "one rotation angle a frame, as FILE.h5::/path/to/dataset; auto: what was recorded or else commanded, "
                 "unless omega_start and omega_step are given; header: from the image headers",
          .unit = "degrees",
          .kind = FieldKind::kPath,
          .words = "auto, none, header",
          .of_one_scan = true});
  visit("order", o.order,
        FieldInfo{.doc = "order in which frames are processed; auto: that of omega where it makes one steady sweep of "
                         "interlaced passes, else as stored"});
  visit("turn", o.turn,
        FieldInfo{.doc = "which turn of a scan over several to use, counted from 1; auto: all, a result for each",
                  .min = 1,
                  .max = 100000});
  visit(
      "wrap", o.wrap,
      FieldInfo{
          .doc = "the last frame is followed by the first (a full turn); auto: true where the scan is exactly one turn",
          .of_one_scan = true});
  visit("frames", o.frames,
        FieldInfo{.doc = "first and last frame to use, inclusive; left out: all. All other numbers then count from the "
                         "first one used",
                  .unit = "frames",
                  .min = 0});
  visit("bad_frames", o.bad_frames,
        FieldInfo{.doc = "frames known to be bad; they keep their place and are used for nothing",
                  .unit = "frames",
                  .min = 0,
                  .of_one_scan = true});
  visit(
      "max_bad_frames", o.max_bad_frames,
      FieldInfo{.doc = "more bad frames than this, found or listed, end the run; auto: 1 % of the frames, at least 1, "
                       "beside those listed",
                .unit = "frames",
                .min = 0,
                .of_one_scan = true});
  visit(
      "mask", o.mask,
      FieldInfo{.doc = "bad pixels, non-zero is bad: HDF5 dataset, EDF, TIFF or npy of the frame's size, beside those "
                       "that the scan's own file masks (pixel_mask); auto: the latter alone; none: neither",
                .kind = FieldKind::kPath,
                .words = "auto, none",
                .of_one_scan = true});
  visit("saturation", o.saturation,
        FieldInfo{.doc = "raw counts from which a pixel is saturated; auto: what the scan's file says "
                         "(saturation_value, count-rate cutoff), "
                         "else 255 for uint8 and 65535 for others",
                  .unit = "counts",
                  .min = 1,
                  .max = 65535,
                  .of_one_scan = true});
}

// How many bad frames a run of `frames` frames may have: scan.max_bad_frames, or what "auto" is.
int most_bad_frames(const ScanOptions& options, int frames);

}  // namespace dctprep
