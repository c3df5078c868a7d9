// SPDX-License-Identifier: BSD-3-Clause
// Whether frames and pixels of a scan are as they should be: every frame is read.
#pragma once

#include "dctprep/base/progress.h"
#include "dctprep/config/config.h"
#include "dctprep/core/scan.h"
#include "dctprep/estimate/health/health.h"

namespace dctprep {

// Reads every frame. [beam] of `config` is settled, its bad_frames are not looked at.
ScanHealth check_health(const Scan& scan, const Config& config, Progress& progress);

}  // namespace dctprep
