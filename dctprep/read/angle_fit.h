// SPDX-License-Identifier: BSD-3-Clause
// Which value of a list belongs to which frame.
#pragma once

#include <string>
#include <vector>

#include "dctprep/read/omega_candidate.h"

namespace dctprep {

struct AngleFit {
  std::string fault;           // why the values cannot be matched with the frames; "" where they can
  std::string note;            // how they were matched, where that is worth a word
  std::vector<double> angles;  // one a frame used, in degrees
};

// `values` are in degrees: a value for each of the stack's frames, or of its projections; N x 2 values are the start
// and end of each frame and N + 1 values their edges, of which the middle is taken, the shorter way round; of lists
// that begin with the first frame (`begin_together` of the candidate), what is too much is left out. What a list is
// depends on all frames of the file, also where some of them were chosen (`frames_chosen`): then only these need a
// value. `projection_frames`: which of the stack's frames the projections are; empty: all. `ids`: where not empty, the
// number of each frame of the stack among all that were taken: of a list that is longer than the stack, they tell which
// values belong to it.
AngleFit fit_angles(const std::vector<std::size_t>& shape, const std::vector<double>& values, const UsedFrames& frames,
                    const std::vector<int>& projection_frames, const OmegaCandidate& candidate,
                    const std::vector<double>& ids = {});

}  // namespace dctprep
