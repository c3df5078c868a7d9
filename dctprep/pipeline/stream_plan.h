// SPDX-License-Identifier: BSD-3-Clause
// Which frames are read and let go, block by block, so that memory holds one window and no frame is read more often
// than it must be.
#pragma once

#include <vector>

#include "dctprep/background/moving_median.h"
#include "dctprep/pipeline/setup.h"

namespace dctprep {

// Consecutive blocks that are worked on together: one, or several short ones.
struct StreamStep {
  std::size_t first_block = 0;
  std::size_t end_block = 0;
  std::vector<int> read;  // before the blocks, ascending
  std::vector<int> drop;  // after the blocks are done
};

struct StreamPlan {
  std::vector<StreamStep> steps;
  int most_frames = 0;  // held at a time
};

// The frames that a block needs are those of its window and its own. A frame is kept while one of the next few blocks
// needs it; over the seam of a wrapped scan, frames near both ends are read twice. `behind` > 0: a block and the blocks
// of the step before also need so many frames before them, the last block of a wrapped scan as many from the start, and
// nothing is dropped at the end.
StreamPlan plan_stream(const std::vector<BackgroundBlock>& blocks, int frames, const BackgroundOptions& options,
                       bool wrap, int behind = 0);

// That of a run.
StreamPlan plan_run(const Setup& setup);

// Frames that are thresholded before they are handed to segmentation together: enough to occupy the cores, and few
// enough that what they leave is small. At most so many such batches wait there.
int frames_a_batch();
inline constexpr std::size_t kBatchesWaiting = 8;

// Threads that a run may use.
std::size_t threads_allowed();

}  // namespace dctprep
