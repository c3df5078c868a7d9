// Which frames are read and let go, block by block, so that memory holds one window and no frame is read more often
// than it must be.
#pragma once

#include <vector>

#include "dctprep/background/moving_median.h"

namespace dctprep {

struct StreamStep {
  std::vector<int> read;  // ascending in the order of the rotation
  std::vector<int> drop;  // after the block is done
};

struct StreamPlan {
  std::vector<StreamStep> steps;  // one a block
  int most_frames = 0;            // held at a time
};

// The frames that a block needs are those of its window and its own. A frame is kept while one of the next few blocks
// needs it; over the seam of a wrapped scan, frames near both ends are read twice.
StreamPlan plan_stream(const std::vector<BackgroundBlock>& blocks, int frames, const BackgroundOptions& options,
                       bool wrap);

}  // namespace dctprep
