// SPDX-License-Identifier: BSD-3-Clause
// The noise of a scan's readings, before the first of its frames is processed.
#pragma once

#include "dctprep/base/progress.h"
#include "dctprep/core/noise_model.h"
#include "dctprep/pipeline/setup.h"

namespace dctprep {

// From up to 16 pairs of consecutive frames spread over the scan, and up to 8 of dark frames. `setup` is ready but for
// its noise.
NoiseModel measure_noise(const Setup& setup, Progress& progress);

}  // namespace dctprep
