// SPDX-License-Identifier: BSD-3-Clause
// The part of a scan that settings are tried on.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "dctprep/base/progress.h"
#include "dctprep/config/config.h"
#include "dctprep/core/scan.h"
#include "dctprep/score/friedel.h"

namespace dctprep {

// One run of frames, or two of equal length half a turn apart.
struct ScanPart {
  std::vector<std::pair<int, int>> frames;  // first and last
  std::string why_none;                     // where there is none
};

// The whole scan, where it has no more voxels than are run in seconds; else two runs of frames, each no shorter than
// the window of a background. None where the scan does not reach half a turn and 10 degrees.
ScanPart part_with_mates(const Scan& scan, const Config& config);

struct PartScore {
  std::uint64_t spots = 0;
  FriedelPairs pairs;
};

// Runs the pipeline on each run of frames and pairs all spots found. Two runs are taken for the halves of one turn: of
// the frames of both, number k stands at 360 k / all degrees, so that mates lie half a turn apart, and other angles
// tell of chance. Throws what a run throws.
PartScore score_part(const ScanPart& part, const Scan& scan, const Config& config, Progress& progress);

}  // namespace dctprep
