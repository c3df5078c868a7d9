// SPDX-License-Identifier: BSD-3-Clause
// From an opened scan and a configuration to the plan of a run.
#pragma once

#include <string>
#include <vector>

#include "dctprep/base/progress.h"
#include "dctprep/config/config.h"
#include "dctprep/core/scan.h"
#include "dctprep/pipeline/run_plan.h"

namespace dctprep {

// Checks the configuration against the scan, reads darks, flats and the frames that the median beam intensity and the
// noise are taken over. Every "auto" of `config` has been resolved (estimate/). Usage errors name the key. `warnings`:
// what was warned of while the configuration was found.
RunPlan prepare_run(const Scan& scan, const Config& config, Progress& progress,
                    const std::vector<std::string>& warnings = {});

}  // namespace dctprep
