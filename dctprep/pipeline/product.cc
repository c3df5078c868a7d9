// SPDX-License-Identifier: BSD-3-Clause
#include "dctprep/pipeline/product.h"

#include <algorithm>

#include "dctprep/pipeline/parallel.h"

namespace dctprep {

int boxes_reach(const RunPlan& plan) {
  return plan.config.spots.photometry ? plan.config.spots.photometry_frames + 2 * kPhotometryFrameMargin : 0;
}

int boxes_kept_start(const RunPlan& plan) { return plan.wrap ? boxes_reach(plan) : 0; }

int frames_a_batch() { return std::max(16, 2 * static_cast<int>(threads_allowed())); }

}  // namespace dctprep
