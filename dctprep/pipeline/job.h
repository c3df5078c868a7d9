// SPDX-License-Identifier: BSD-3-Clause
// One run as a user asks for it: from the name of a scan or configuration to a complete result file.
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "dctprep/base/progress.h"
#include "dctprep/config/config.h"
#include "dctprep/core/scan.h"
#include "dctprep/estimate/parameters.h"
#include "dctprep/pipeline/parts.h"
#include "dctprep/pipeline/run.h"

namespace dctprep {

struct Job {
  Config config;                // as given; may hold "auto"
  std::filesystem::path input;  // the scan or configuration named
  Scan scan;
  std::filesystem::path output;  // config.output.path, or NAME_spots.h5 in the working folder
};

// `input`: NAME.toml or a SCAN. `output` "" and `threads` none: as the configuration says. Refuses an output that is
// also an input.
Job open_job(const std::string& input, std::span<const std::string> settings, const std::string& output,
             std::optional<int> threads);

// As open_job(); of a scan over several turns of which none is named, a job for each, whose outputs are called
// NAME_turn1.h5, NAME_turn2.h5, ...
std::vector<Job> open_jobs(const std::string& input, const std::vector<std::string>& settings,
                           const std::string& output, std::optional<int> threads);

struct JobResult {
  Estimate estimate;
  RunReport report;
  std::filesystem::path output;
  std::filesystem::path sparse;  // the file of sparse frames; empty: none was asked for
};

// Finds what is "auto", runs the chain and writes the result. `estimated` is called once the parameters are found.
JobResult run_job(const Job& job, const std::string& command, bool overwrite, Progress& progress,
                  const std::function<void(const Estimate&)>& estimated = {});

// A whole run by a plan.
JobResult run_plan(const PlannedScan& planned, const std::string& command, const std::filesystem::path& output,
                   bool overwrite, Progress& progress);

// A result from files of sparse frames, with settings on top: changed_plan(), resegment(). The scan is opened only
// where photometry asks for it.
JobResult resegment_job(const std::vector<std::filesystem::path>& files, const std::vector<std::string>& settings,
                        std::optional<int> threads, const std::string& moved_to, const std::string& command,
                        const std::filesystem::path& output, bool overwrite, Progress& progress);

}  // namespace dctprep
