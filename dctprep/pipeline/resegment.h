// SPDX-License-Identifier: BSD-3-Clause
// The second half of a run again, from stored sparse frames: with other thresholds and filters, or over the parts that
// a scan was processed in.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "dctprep/base/progress.h"
#include "dctprep/core/result_sink.h"
#include "dctprep/core/scan.h"
#include "dctprep/pipeline/plan_file.h"
#include "dctprep/pipeline/run.h"
#include "dctprep/pipeline/run_plan.h"
#include "dctprep/pipeline/sparse_producer.h"

namespace dctprep {

// NAME_sparse.h5 beside the result NAME.h5.
std::filesystem::path sparse_path(const std::filesystem::path& result);

// What `input` names: itself where it is a file of sparse frames, or that of a result. Error, with the way to one,
// where there is none.
std::filesystem::path sparse_file_of(const std::filesystem::path& input);

// Files of one plan that together hold every block once.
struct StoredRun {
  SharedPlan plan;
  std::vector<SparsePart> parts;  // in order; those without blocks are left out
};
// Files in any order. Error, naming them, where one is damaged or of another plan, where two hold the same blocks, or
// where blocks are missing.
StoredRun open_stored_run(const std::vector<std::filesystem::path>& files);

// The plan of a stored run with `settings` ("segment.seed=25") on top. Usage errors: settings of the first half, which
// has been computed; levels below those that were kept; what the file does not tell (noise).
RunPlan changed_plan(const StoredRun& stored, const std::vector<std::string>& settings);

// The scan of a plan, opened where it was or at `moved_to` (not empty), and known again by its checksums.
Scan open_scan_of(const RunPlan& plan, const std::string& source, const std::string& moved_to = "");

// The same bits as a full run with the settings of `plan`, which changed_plan() made. Photometry needs the scan, opened
// by open_scan_of(); it may be null where spots.photometry is off.
RunReport resegment(const StoredRun& stored, const RunPlan& plan, const Scan* scan, const std::string& command,
                    ResultSink& sink, Progress& progress);

}  // namespace dctprep
