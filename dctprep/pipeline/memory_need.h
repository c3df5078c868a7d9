// SPDX-License-Identifier: BSD-3-Clause
// How much memory a run takes, known before it starts.
#pragma once

#include <cstdint>

#include "dctprep/pipeline/setup.h"
#include "dctprep/pipeline/stream_plan.h"

namespace dctprep {

// Bytes that run_streaming holds: no more than total + listed + open_blobs. Of the first all is used, of the others
// what the scan asks for; a run that asks for more ends with an error.
struct MemoryNeed {
  std::uint64_t total = 0;
  std::uint64_t window = 0;      // the part of `total` for the window of frames
  std::uint64_t listed = 0;      // most for pixels too far from their background for a byte
  std::uint64_t open_blobs = 0;  // most for blobs that are still open
};
// `plan` is that of plan_run(setup). Throws where run.memory is less than is needed.
MemoryNeed memory_need(const Setup& setup, const StreamPlan& plan);

}  // namespace dctprep
