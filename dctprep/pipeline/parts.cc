// SPDX-License-Identifier: BSD-3-Clause
#include "dctprep/pipeline/parts.h"

#include <charconv>
#include <fmt/format.h>
#include <utility>

#include "dctprep/base/error.h"
#include "dctprep/pipeline/executors.h"
#include "dctprep/pipeline/job.h"
#include "dctprep/pipeline/plan_file.h"
#include "dctprep/pipeline/prepare_run.h"
#include "dctprep/pipeline/resegment.h"
#include "dctprep/pipeline/sparse_file.h"
#include "dctprep/pipeline/sparse_writer.h"
#include "dctprep/pipeline/used_threads.h"

namespace dctprep {

PlannedScan plan_scan(const std::string& input, const std::vector<std::string>& settings, std::optional<int> threads,
                      const std::string& moved_to, Progress& progress,
                      const std::function<void(const Scan&, const Estimate&)>& estimated) {
  PlannedScan planned;
  if (is_sparse_file(input)) {
    if (!settings.empty()) fail_usage("{}: is a plan, which --set cannot change any more; make another one", input);
    planned.plan = clone(*SparseFile(input).plan().plan);
    planned.scan = open_scan_of(planned.plan, input, moved_to);
  } else {
    if (!moved_to.empty()) fail_usage("--scan goes with a plan; {} is none: set scan.path", input);
    Job job = open_job(input, settings, "", threads);
    if (!job.scan.turns.empty()) {
      fail_usage("omega runs over {} turns, and a plan is of one: name it, with scan.turn = 1", job.scan.turns.size());
    }
    Estimate estimate = find_parameters(job.config, job.scan, progress);
    if (estimated) estimated(job.scan, estimate);
    // The result is named when it is made.
    estimate.config.output.path.clear();
    const UsedThreads used(estimate.config.run);
    planned.plan = prepare_run(job.scan, estimate.config, progress, estimate.warnings);
    planned.scan = std::move(job.scan);
  }
  if (threads) planned.plan.config.run.threads = *threads;
  return planned;
}

void write_plan_file(const RunPlan& plan, const std::filesystem::path& path, bool overwrite) {
  SparseWriter(plan, {0, 0}, path, overwrite).finish();
}

PartNumber parse_part(const std::string& text) {
  PartNumber number;
  const char* end = text.data() + text.size();
  const auto part = std::from_chars(text.data(), end, number.part);
  bool is_right = part.ec == std::errc() && part.ptr != end && *part.ptr == '/';
  if (is_right) {
    const auto parts = std::from_chars(part.ptr + 1, end, number.parts);
    is_right = parts.ec == std::errc() && parts.ptr == end;
  }
  if (!is_right || number.part < 1 || number.part > number.parts)
    fail_usage("--part {}: must be two whole numbers as 3/10, the third of ten parts", text);
  return number;
}

BlockRange share_of(const RunPlan& plan, PartNumber number) {
  const std::size_t blocks = plan.blocks.size();
  const auto part = static_cast<std::size_t>(number.part), parts = static_cast<std::size_t>(number.parts);
  return {blocks * (part - 1) / parts, blocks * part / parts};
}

void write_part(const PlannedScan& planned, PartNumber number, const std::filesystem::path& path, bool overwrite,
                Progress& progress) {
  const RunPlan& plan = planned.plan;
  const BlockRange range = share_of(plan, number);
  if (range.first == range.end) return write_plan_file(plan, path, overwrite);
  const UsedThreads used(plan.config.run);
  SparseWriter writer(plan, range, path, overwrite);
  run_part(plan, *planned.scan.frames, range, writer, progress);
}

}  // namespace dctprep
