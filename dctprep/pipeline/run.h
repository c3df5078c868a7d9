// SPDX-License-Identifier: BSD-3-Clause
// The whole chain, from an opened scan to a sink of results.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
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

// Where output.sparse is set, the file of sparse frames.
struct SparseOutput {
  std::filesystem::path path;
  bool overwrite = false;
};

// `config` holds no "auto". Calls sink.begin, ..., sink.end. Throws Error; the sink is then not ended. `warnings`: what
// was warned of while the configuration was found; they, the scan's and those of the run itself are in the report and
// in the result.
RunReport run_pipeline(const Scan& scan, const Config& config, const std::string& command, ResultSink& sink,
                       Progress& progress, Executor executor = Executor::kStreaming,
                       const std::vector<std::string>& warnings = {}, const SparseOutput& sparse = {});

// What stands around every way to make a result from a plan: backend and threads as plan.config.run says, the sink's
// beginning, and the warnings that the result itself gives rise to. `body` takes a sink, ends it and returns its
// report.
RunReport run_with(const RunPlan& plan, const std::string& command, ResultSink& sink,
                   const std::function<RunReport(ResultSink&)>& body);

}  // namespace dctprep
