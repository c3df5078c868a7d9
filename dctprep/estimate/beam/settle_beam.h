// SPDX-License-Identifier: BSD-3-Clause
// [beam].
#pragma once

#include <vector>

#include "dctprep/estimate/search.h"

namespace dctprep {

// [beam] but for the guard, where the region is "none". `sample`: frames spread over the rotation, for the choice of a
// monitor; null where there is none to choose.
void settle_without_beam(Search& search, const FrameSample* sample);
// [beam] but for the guard, and the beam's intensity; `sample` is spread over the rotation. `intensities`: of its
// frames, where there is a beam.
BeamScale settle_beam(Search& search, const FrameSample& sample, std::vector<double>& intensities);

}  // namespace dctprep
