// SPDX-License-Identifier: BSD-3-Clause
// Frames that are left out of a run: how many may be, and what is said of them.
#pragma once

#include <string>
#include <vector>

#include "dctprep/core/frame_source.h"
#include "dctprep/pipeline/run_plan.h"

namespace dctprep {

struct BadFrame {
  int frame = 0;
  BadFrameCause cause = BadFrameCause::kListed;
  std::string fault;
};

// "missing: frames 400-719 (320 frames), the first: FAULT; no_beam: frame 7: FAULT", of frames in any order: cause by
// cause, with the first fault of each.
std::string bad_frames_text(std::vector<BadFrame> bad);

// What a run that went on without them warns of; "" where there are none but listed ones.
std::string bad_frames_warning(const RunPlan& plan, const std::vector<BadFrame>& bad);

// Throws Error where there are more than scan.max_bad_frames. Before that it looks at the frames of `source`, where not
// null, right after the last one, so that the message tells the whole gap. `all_seen`: the run has come to every frame.
void check_bad_frame_count(const RunPlan& plan, const FrameSource* source, std::vector<BadFrame> bad, bool all_seen);

}  // namespace dctprep
