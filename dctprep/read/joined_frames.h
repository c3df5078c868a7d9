// SPDX-License-Identifier: BSD-3-Clause
// Stacks one after the other, as one, where some of them may be gone.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "dctprep/core/frame_source.h"

namespace dctprep {

struct FramePart {
  std::shared_ptr<const FrameSource> frames;  // null: missing
  int count = 0;                              // of its frames; of a missing part found by join_frames
  std::string why_missing;
  std::int64_t first_number = 0;  // of its first frame, counted from 1 over all parts; 0: not known
  int file = -1;                  // whose it is, of a series of files
};

// The parts in their order. Frames keep their places: what is missing before the last frame that there is counts as
// missing frames, as many as the numbers of the frames say, else as a part usually has. So does the end of a part that
// is shorter than the others, where `announced` (the frames of all parts; 0: not known) leaves room for it. What is
// missing behind the last frame is left out: the scan ended early. Error where no part is there, or where they differ
// in size. place_parts tells alone how many frames each of them is, those that are missing included.
std::vector<FramePart> place_parts(std::vector<FramePart> parts, std::int64_t announced = 0);
std::shared_ptr<const FrameSource> join_frames(std::vector<FramePart> parts, const std::string& name,
                                               std::int64_t announced = 0);

}  // namespace dctprep
