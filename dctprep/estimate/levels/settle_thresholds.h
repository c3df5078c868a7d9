// SPDX-License-Identifier: BSD-3-Clause
// [segment], [denoise] and the guard.
#pragma once

#include "dctprep/estimate/search.h"

namespace dctprep {

// beam.guard, [denoise] and [segment], from groups of frames that this reads.
void settle_thresholds(Search& search, const BeamScale& beam);

}  // namespace dctprep
