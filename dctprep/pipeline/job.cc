// SPDX-License-Identifier: BSD-3-Clause
#include "dctprep/pipeline/job.h"

#include <algorithm>
#include <fmt/format.h>
#include <system_error>
#if defined(__GLIBC__)
#include <malloc.h>
#endif

#include "dctprep/base/error.h"
#include "dctprep/base/log.h"
#include "dctprep/config/config_file.h"
#include "dctprep/pipeline/checkpoint.h"
#include "dctprep/pipeline/executors.h"
#include "dctprep/pipeline/plan_file.h"
#include "dctprep/pipeline/prepare_run.h"
#include "dctprep/pipeline/resegment.h"
#include "dctprep/pipeline/sparse_writer.h"
#include "dctprep/pipeline/used_threads.h"
#include "dctprep/read/open_scan.h"
#include "dctprep/read/scan_path.h"
#include "dctprep/write/result_writer.h"

namespace dctprep {

namespace fs = std::filesystem;

namespace {

// By identity, not by name: links and relative paths count.
void refuse_overwriting_input(const Job& job) {
  std::error_code error;
  if (!fs::exists(job.output, error)) return;
  const auto check = [&](const fs::path& input, const char* what) {
    if (input.empty() || !fs::equivalent(input, job.output, error)) return;
    fail_usage("{}: is {} ({}), which would be lost; write the result elsewhere with -o", job.output.string(), what,
               input.string());
  };
  const ScanOptions& options = job.config.scan;
  check(job.input, "the input");
  check(split_dataset_path(options.path).file, "the scan");
  check(split_dataset_path(job.scan.omega_path).file, "the file of omega");
  check(split_dataset_path(options.mask).file, "the mask");
  check(split_dataset_path(job.config.beam.monitor).file, "the file of the monitor");
  const auto check_frames = [&](const std::shared_ptr<const FrameSource>& frames, const char* what) {
    if (!frames) return;
    std::vector<fs::path> files;
    frames->list_files(files);
    for (const fs::path& file : files) check(file, what);
  };
  check_frames(job.scan.frames, "a file of the scan");
  check_frames(job.scan.darks, "a file of the dark frames");
  check_frames(job.scan.flats, "a file of the flat frames");
}

// Frames that a configuration lists are of the scan that it names, not of one that was put in its place.
std::optional<std::string> warn_of_listed_frames(const std::string& input, std::span<const std::string> settings,
                                                 const ScanOptions& used) {
  const bool is_replaced =
      std::ranges::any_of(settings, [](const std::string& s) { return s.starts_with("scan.path"); });
  if (!input.ends_with(".toml") || !is_replaced || used.bad_frames.empty()) return std::nullopt;
  const ScanOptions written = parse_config(read_config_text(input), input, fs::absolute(input).parent_path()).scan;
  if (written.path.empty() || written.path == used.path || written.bad_frames != used.bad_frames) return std::nullopt;
  return fmt::format(
      "scan.bad_frames: the {} frames listed in {} are of its scan, {}, and are left out of {} too; set "
      "scan.bad_frames "
      "= [] to use them",
      used.bad_frames.size(), input, written.path, used.path);
}

// As the result records where it was written to.
std::string recorded_path(const fs::path& output) { return fs::absolute(output).lexically_normal().string(); }

Estimate found_parameters(const Job& job, Progress& progress) {
  Estimate estimate = find_parameters(job.config, job.scan, progress);
  estimate.config.output.path = recorded_path(job.output);
#if defined(__GLIBC__)
  // The frames that parameters were found in stay with malloc otherwise, beside what the run needs.
  malloc_trim(0);
#endif
  return estimate;
}

// Goes on where the same run was killed; keeps what it does for the next one.
void run_resumable(const Job& job, const std::string& command, const SparseOutput& sparse, ResultSink& sink,
                   Progress& progress, const std::function<void(const Estimate&)>& estimated, JobResult& result) {
  Checkpoint checkpoint(job.output);
  const std::vector<std::string> identity = run_identity(job.config, job.scan);
  std::string why_not;
  SharedPlan plan = checkpoint.find_plan(identity, why_not);
  if (!why_not.empty()) log_warning("{}.resume: what a run left there is of no use: {}", job.output.string(), why_not);
  const UsedThreads used(job.config.run);
  if (plan.plan) {
    result.estimate.config = plan.plan->config;
  } else {
    result.estimate = found_parameters(job, progress);
    if (estimated) estimated(result.estimate);
    plan = checkpoint.keep_plan(prepare_run(job.scan, result.estimate.config, progress, result.estimate.warnings),
                                identity);
  }
  std::vector<SparsePart> done = checkpoint.done(plan);
  if (!done.empty()) {
    log_info("going on from frame {}, where a run was stopped", frames_of(*plan.plan, {0, done.back().blocks.end}).end);
  }
  // Threads and memory are those of this run.
  RunPlan own = clone(*plan.plan);
  own.config.run = result.estimate.config.run = job.config.run;
  result.report = run_with(own, command, sink, [&](ResultSink& warned) {
    return run_resumed(own, *job.scan.frames, plan, std::move(done), checkpoint, sparse, warned, progress);
  });
  checkpoint.remove();
}

}  // namespace

Job open_job(const std::string& input, std::span<const std::string> settings, const std::string& output,
             std::optional<int> threads) {
  Job job;
  job.input = input;
  job.config = config_of_input(input, settings);
  if (job.config.scan.path.empty()) {
    fail_usage("{}: names no scan; give it as scan.path", input);
  }
  if (threads) job.config.run.threads = *threads;
  if (job.config.run.device == Device::kCuda) {
    fail_usage("run.device = \"cuda\": this build has no GPU backend; use \"cpu\" or \"auto\"");
  }
  job.scan = open_scan(job.config.scan);
  if (auto warning = warn_of_listed_frames(input, settings, job.config.scan)) job.scan.warnings.push_back(*warning);
  job.output = !output.empty()                   ? fs::path(output)
               : !job.config.output.path.empty() ? fs::path(job.config.output.path)
                                                 : fs::path(job.scan.name + "_spots.h5");
  refuse_overwriting_input(job);
  return job;
}

std::vector<Job> open_jobs(const std::string& input, const std::vector<std::string>& settings,
                           const std::string& output, std::optional<int> threads) {
  std::vector<Job> jobs;
  jobs.push_back(open_job(input, settings, output, threads));
  const std::size_t turns = jobs[0].scan.turns.size();
  if (turns == 0) return jobs;
  if (!jobs[0].config.scan.bad_frames.empty()) {
    fail_usage(
        "scan.bad_frames counts the frames of one turn, and omega runs over {} turns: name one, with scan.turn = 1",
        turns);
  }
  const fs::path whole = jobs[0].output;
  jobs.clear();
  for (std::size_t turn = 1; turn <= turns; ++turn) {
    std::vector<std::string> own = settings;
    own.push_back(fmt::format("scan.turn={}", turn));
    fs::path name = whole;
    name.replace_filename(fmt::format("{}_turn{}{}", whole.stem().string(), turn, whole.extension().string()));
    jobs.push_back(open_job(input, own, name.string(), threads));
  }
  return jobs;
}

JobResult run_job(const Job& job, const std::string& command, bool overwrite, Progress& progress,
                  const std::function<void(const Estimate&)>& estimated) {
  // First of all, so that a wrong output is refused before anything takes time.
  ResultWriter writer(job.output, job.config.output.compression, overwrite);
  const SparseOutput sparse{sparse_path(job.output), overwrite};
  if (job.config.output.sparse && !overwrite && fs::exists(sparse.path))
    fail_usage("{}: exists; give --force to replace it, or another name with -o", sparse.path.string());
  JobResult result;
  result.output = job.output;
  if (job.config.output.sparse) result.sparse = sparse.path;
  if (job.config.run.resume) {
    run_resumable(job, command, sparse, writer, progress, estimated, result);
    return result;
  }
  result.estimate = found_parameters(job, progress);
  if (estimated) estimated(result.estimate);
  result.report = run_pipeline(job.scan, result.estimate.config, command, writer, progress, Executor::kStreaming,
                               result.estimate.warnings, sparse);
  return result;
}

JobResult run_plan(const PlannedScan& planned, const std::string& command, const fs::path& output, bool overwrite,
                   Progress& progress) {
  RunPlan plan = clone(planned.plan);
  ResultWriter writer(output, plan.config.output.compression, overwrite);
  plan.config.output.path = recorded_path(output);
  JobResult result;
  result.output = output;
  if (plan.config.output.sparse) result.sparse = sparse_path(output);
  result.report = run_with(plan, command, writer, [&](ResultSink& sink) {
    return run_streaming(plan, *planned.scan.frames, {result.sparse, overwrite}, sink, progress);
  });
  return result;
}

JobResult resegment_job(const std::vector<fs::path>& files, const std::vector<std::string>& settings,
                        std::optional<int> threads, const std::string& moved_to, const std::string& command,
                        const fs::path& output, bool overwrite, Progress& progress) {
  std::error_code error;
  for (const fs::path& file : files) {
    if (fs::equivalent(file, output, error))
      fail_usage("{}: is one of the inputs, which would be lost; write the result elsewhere", output.string());
  }
  const StoredRun stored = open_stored_run(files);
  RunPlan plan = changed_plan(stored, settings);
  if (threads) plan.config.run.threads = *threads;
  plan.config.output.path = recorded_path(output);
  plan.config.output.sparse = false;
  ResultWriter writer(output, plan.config.output.compression, overwrite);
  std::optional<Scan> scan;
  if (plan.config.spots.photometry) {
    try {
      scan = open_scan_of(plan, files.front().string(), moved_to);
    } catch (const Error& problem) {
      throw Error(
          fmt::format("{}; photometry reads the scan once more: name its place with --scan, or do without, with "
                      "--set spots.photometry=false",
                      problem.what()),
          problem.kind());
    }
  }
  JobResult result;
  result.output = output;
  result.report = resegment(stored, plan, scan ? &*scan : nullptr, command, writer, progress);
  return result;
}

}  // namespace dctprep
