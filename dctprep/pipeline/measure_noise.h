// SPDX-License-Identifier: BSD-3-Clause
// The noise of a scan's readings, before the first of its frames is processed.
#pragma once

#include "dctprep/base/progress.h"
#include "dctprep/core/noise_model.h"
#include "dctprep/core/scan.h"
#include "dctprep/pipeline/run_plan.h"

namespace dctprep {

// From up to 16 pairs of consecutive frames spread over the scan, and up to 8 of dark frames. `plan` is ready but for
// its noise.
NoiseModel measure_noise(const RunPlan& plan, const Scan& scan, Progress& progress);

}  // namespace dctprep
