// SPDX-License-Identifier: BSD-3-Clause
// Which frames are read and let go, block by block, so that memory holds one window and no frame is read more often
// than it must be.
#pragma once

#include <vector>

#include "dctprep/background/moving_median.h"
#include "dctprep/pipeline/run_plan.h"

namespace dctprep {

// Consecutive blocks that are worked on together: one, or several short ones.
struct ReadStep {
  std::size_t first_block = 0;
  std::size_t end_block = 0;
  std::vector<int> read;  // before the blocks, ascending
  std::vector<int> drop;  // after the blocks are done
};

struct ReadSchedule {
  std::vector<ReadStep> steps;
  int most_frames = 0;  // held at a time
};

// Of the blocks `range` of a scan of `frames`. The frames that a block needs are those of its window and its own. A
// frame is kept while one of the next few blocks needs it; over the seam of a wrapped scan, frames near both ends are
// read twice. `behind` > 0: a block and the blocks of the step before also need so many of their own frames before
// them, the last block of a wrapped scan as many from the start, and nothing is dropped at the end.
ReadSchedule schedule_reads(const std::vector<BackgroundBlock>& blocks, BlockRange range, int frames,
                            const BackgroundOptions& options, bool wrap, int behind = 0);

}  // namespace dctprep
