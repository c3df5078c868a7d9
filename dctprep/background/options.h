// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "dctprep/base/fields.h"

namespace dctprep {

// [background]: the moving median over frames.
struct BackgroundOptions {
  int half_window = 250;
  int half_step = 25;
  int stride = 1;
  bool frame_offset = true;
  int offset_stride = 4;
  bool save = true;

  friend bool operator==(const BackgroundOptions&, const BackgroundOptions&) = default;
};

template <OptionsLike<BackgroundOptions> O, class Visitor>
void visit_fields(O& o, Visitor&& visit) {
  visit("half_window", o.half_window,
        FieldInfo{.doc = "the background is the median over this many frames before and after",
                  .unit = "frames",
                  .min = 0,
                  .max = 1000000});
  visit("half_step", o.half_step,
        FieldInfo{.doc = "a new background every 2 * half_step frames; 0: one for every frame",
                  .unit = "frames",
                  .min = 0,
                  .max = 1000000});
  visit(
      "stride", o.stride,
      FieldInfo{.doc = "only every stride-th frame of the window counts", .unit = "frames", .min = 1, .max = 1000000});
  visit("frame_offset", o.frame_offset, FieldInfo{.doc = "subtract the median of what is left of each frame"});
  visit("offset_stride", o.offset_stride,
        FieldInfo{.doc = "that median looks at every offset_stride-th row and column",
                  .unit = "pixels",
                  .min = 1,
                  .max = 65535});
  visit("save", o.save, FieldInfo{.doc = "write the backgrounds into the result"});
}

}  // namespace dctprep
