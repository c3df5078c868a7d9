// SPDX-License-Identifier: BSD-3-Clause
// Whether frames and pixels of a scan are as they should be, told before any spot is sought.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "dctprep/base/fields.h"
#include "dctprep/base/image.h"
#include "dctprep/base/progress.h"
#include "dctprep/config/config.h"
#include "dctprep/core/region.h"
#include "dctprep/core/scan.h"
#include "dctprep/estimate/health/judge_pixels.h"

namespace dctprep {

// The first five harm the medians they enter, or cannot enter any.
enum class FrameTrouble {
  kUnreadable,
  kMissing,
  kEmpty,
  kNoBeam,
  kDip,
  kDuplicate,
  kStrengthJump,
  kBeamMoved,
  kSaturated
};
template <>
struct EnumNames<FrameTrouble> {
  static constexpr std::array<std::string_view, 9> names{"unreadable", "missing",       "empty",      "no_beam",  "dip",
                                                         "duplicate",  "strength_jump", "beam_moved", "saturated"};
};
constexpr bool harms_medians(FrameTrouble trouble) { return trouble <= FrameTrouble::kDip; }

// What is known of one frame by itself.
struct FrameRecord {
  int frame = 0;
  std::string fault;  // why it cannot be had; the rest is then void
  bool missing = false;
  bool constant = false;            // all of its pixels are equal
  double level = 0;                 // of the beam, or where there is none of the whole frame, in counts
  std::uint64_t hash = 0;           // of its pixels
  std::int64_t saturated = 0;       // pixels
  double shift_u = 0, shift_v = 0;  // of the beam from where it was sought, in pixels; 0 where there is none
};

struct FrameRemark {
  int frame = 0;
  FrameTrouble trouble = FrameTrouble::kUnreadable;
  std::string what;  // in words
};

// Judges frames, ascending, by each other (docs/parameters.md says how); of a frame's troubles all are told, in the
// order of the enumeration. `pixels`: of a frame.
std::vector<FrameRemark> judge_frames(const std::vector<FrameRecord>& records, bool has_beam, std::int64_t pixels);

struct ScanHealth {
  int frames = 0;                    // of the scan; all were read
  std::vector<FrameRemark> remarks;  // ascending
  PixelHealth pixels;

  int count(FrameTrouble trouble) const;
  // Frames that harm medians, ascending: what scan.bad_frames should list. None where they are more than a quarter of
  // the scan: then something else is wrong.
  std::vector<int> to_exclude() const;
};

// A line a kind of trouble, with the frames' numbers as ranges; "" where all is well.
std::string health_text(const ScanHealth& health);

}  // namespace dctprep
