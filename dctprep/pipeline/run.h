// SPDX-License-Identifier: BSD-3-Clause
// The whole chain, from an opened scan to a sink of results.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "dctprep/base/progress.h"
#include "dctprep/config/config.h"
#include "dctprep/core/result_sink.h"
#include "dctprep/core/scan.h"
#include "dctprep/pipeline/bad_frames.h"
#include "dctprep/pipeline/run_plan.h"

namespace dctprep {

// kStreaming: bounded memory, all cores. kReference: the whole stack in memory, serial, obviously right; the same bits.
enum class Executor { kStreaming, kReference };

struct RunReport {
  int frames = 0;
  std::uint64_t spots = 0;
  std::vector<std::uint64_t> rejected;                 // one a reason
  std::vector<BadFrame> bad_frames;                    // ascending
  std::vector<std::pair<std::string, double>> timing;  // seconds by stage, summed over threads
  double seconds = 0;
  std::vector<std::string> warnings;  // what looks wrong with scan or result, one line each
};

// `config` holds no "auto". Calls sink.begin, ..., sink.end. Throws Error; the sink is then not ended. `warnings`: what
// was warned of while the configuration was found; they, the scan's and those of the run itself are in the report and
// in the result.
RunReport run_pipeline(const Scan& scan, const Config& config, const std::string& command, ResultSink& sink,
                       Progress& progress, Executor executor = Executor::kStreaming,
                       const std::vector<std::string>& warnings = {});

// From a plan to the end of a sink that has begun: the two halves of the chain, put together.
RunReport run_streaming(const RunPlan& plan, const FrameSource& source, ResultSink& sink, Progress& progress);
RunReport run_reference(const RunPlan& plan, const FrameSource& source, ResultSink& sink, Progress& progress);

}  // namespace dctprep
