// SPDX-License-Identifier: BSD-3-Clause
// The part of a scan that settings are tried on.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "dctprep/base/progress.h"
#include "dctprep/config/config.h"
#include "dctprep/core/scan.h"
#include "dctprep/score/friedel.h"
#include "dctprep/write/memory_sink.h"

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

// Runs the pipeline on a part of a scan with one setting after the other. The frames are worked on once: settings that
// differ in segmentation alone take them from memory.
class PartRuns {
 public:
  // `first`: the settings tried first; levels down to about half of theirs are kept. All must outlive it.
  PartRuns(const ScanPart& part, const Scan& scan, const Config& first);
  ~PartRuns();

  // Runs each run of frames and pairs all spots found. Two runs are taken for the halves of one turn: of the frames of
  // both, number k stands at 360 k / all degrees, so that mates lie half a turn apart, and other angles tell of chance.
  // Throws what a run throws.
  PartScore score(const Config& config, Progress& progress);

 private:
  struct Run;
  MemoryResult result_of(std::size_t i, const Config& config, Progress& progress);

  const ScanPart& part_;
  const Scan& scan_;
  Config first_;
  std::vector<std::unique_ptr<Run>> runs_;  // of each run of frames, once it has been worked on
};

}  // namespace dctprep
