// SPDX-License-Identifier: BSD-3-Clause
// dctprep run: the whole pipeline.
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "dctprep/base/error.h"
#include "dctprep/base/log.h"
#include "dctprep/pipeline/job.h"
#include "dctprep/pipeline/parts.h"
#include "dctprep/pipeline/sparse_file.h"

#include "job_result.h"
#include "verb.h"

namespace dctprep::command {

namespace {

using Json = nlohmann::ordered_json;

struct RunCommand {
  SharedOptions shared;
  std::string input, part, scan;
};

JobResult run_one(const Job& job, const RunCommand& options, Progress& progress) {
  say_scan(job.scan);
  JobResult result = run_job(job, command_line(), options.shared.force, progress, say_estimate);
  // Those of the scan and of the search have been said before the run.
  const std::size_t said = job.scan.warnings.size() + result.estimate.warnings.size();
  for (std::size_t i = said; i < result.report.warnings.size(); ++i) log_warning("{}", result.report.warnings[i]);
  return result;
}

// One part of the scan, or all of it by a plan.
void run_planned(const RunCommand& options) {
  const auto progress = begin_work(options.shared);
  const PartNumber number = options.part.empty() ? PartNumber{} : parse_part(options.part);
  const PlannedScan planned = plan_scan(options.input, options.shared.settings, options.shared.threads, options.scan,
                                        *progress, [](const Scan& scan, const Estimate& estimate) {
                                          say_scan(scan);
                                          say_estimate(estimate);
                                        });
  std::filesystem::path output = options.shared.output;
  if (options.part.empty()) {
    if (output.empty()) output = planned.scan.name + "_spots.h5";
    const JobResult result = run_plan(planned, command_line(), output, options.shared.force, *progress);
    if (options.shared.json)
      print_json(run_json(result));
    else
      print_text(run_summary(result));
    return;
  }
  if (output.empty()) output = fmt::format("{}_part{}of{}.h5", planned.scan.name, number.part, number.parts);
  write_part(planned, number, output, options.shared.force, *progress);
  const BlockRange range = share_of(planned.plan, number);
  const FrameRange frames = range.first < range.end ? frames_of(planned.plan, range) : FrameRange{};
  if (options.shared.json)
    print_json({{"output", output.string()}, {"frames", frames.count()}, {"first_frame", frames.first}});
  else
    print_text(output.string() + "\n");
}

void run_scan(const RunCommand& options) {
  if (!options.part.empty() || is_sparse_file(options.input)) return run_planned(options);
  if (!options.scan.empty()) fail_usage("--scan goes with a plan; {} is none: set scan.path", options.input);
  const auto progress = begin_work(options.shared);
  const std::vector<Job> jobs =
      open_jobs(options.input, options.shared.settings, options.shared.output, options.shared.threads);
  Json turns = Json::array();
  for (const Job& job : jobs) {
    const JobResult result = run_one(job, options, *progress);
    if (options.shared.json) {
      turns.push_back(run_json(result));
    } else {
      print_text(run_summary(result));
    }
  }
  if (options.shared.json) print_json(jobs.size() == 1 ? turns[0] : Json{{"turns", turns}});
}

}  // namespace

void add_run(CLI::App& app) {
  const auto options = std::make_shared<RunCommand>();
  CLI::App* verb = app.add_subcommand("run", "Find every diffraction spot of a scan");
  verb->footer(
      "With a bare SCAN, every parameter is found from the data, as `dctprep init` does; a CONFIG.toml says what it "
      "gives and\n"
      "leaves the rest to be found. The result is one HDF5 file that silx view, h5web and h5py open.\n\n"
      "Examples:\n"
      "  dctprep run scan.h5\n"
      "  dctprep run scan.h5 -o spots.h5 --set segment.seed=\"5 sigma\" --set filter.min_frames=2\n"
      "  dctprep run \"frames/ff*.edf\" -o spots.h5\n"
      "  dctprep run config.toml --force\n"
      "  dctprep run plan.h5 --part 3/10 -o part3.h5     one of ten jobs (see dctprep prepare --help)");
  verb->add_option("INPUT", options->input, "The SCAN, a configuration NAME.toml, or a plan of `dctprep prepare`")
      ->required()
      ->type_name("SCAN|CONFIG.toml|PLAN.h5");
  verb->add_option("--part", options->part,
                   "Only the sparse frames of part I of N, for `dctprep merge`; -o names the part")
      ->type_name("I/N");
  verb->add_option("--scan", options->scan, "Where the scan of a plan has moved to")->type_name("SCAN");
  add_output(*verb, options->shared, "OUT.h5", "The result; default: NAME_spots.h5 in the working folder");
  add_settings(*verb, options->shared, "segment.seed=\"5 sigma\"");
  add_threads(*verb, options->shared);
  add_json(*verb, options->shared);
  add_quiet(*verb, options->shared);
  verb->callback([options] { run_scan(*options); });
}

}  // namespace dctprep::command
