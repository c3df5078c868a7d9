// SPDX-License-Identifier: BSD-3-Clause
// dctprep resegment and dctprep merge: spots from stored sparse frames.
#include "dctprep/pipeline/resegment.h"

#include <filesystem>
#include <fmt/format.h>

#include "dctprep/base/error.h"
#include "dctprep/base/log.h"
#include "dctprep/pipeline/job.h"

#include "job_result.h"
#include "verb.h"

namespace dctprep::command {

namespace {

namespace fs = std::filesystem;

struct ResegmentCommand {
  SharedOptions shared;
  std::string input, scan;
};

struct MergeCommand {
  SharedOptions shared;
  std::vector<std::string> parts;
  std::string scan;
};

void make_result(const std::vector<fs::path>& files, const SharedOptions& shared, const std::string& scan) {
  const auto progress = begin_work(shared);
  const JobResult result = resegment_job(files, shared.settings, shared.threads, scan, command_line(), shared.output,
                                         shared.force, *progress);
  for (const std::string& warning : result.report.warnings) log_warning("{}", warning);
  if (shared.json)
    print_json(run_json(result));
  else
    print_text(run_summary(result));
}

}  // namespace

void add_resegment(CLI::App& app) {
  const auto options = std::make_shared<ResegmentCommand>();
  CLI::App* verb = app.add_subcommand("resegment", "Find the spots again with other thresholds and filters, fast");
  verb->footer(
      "Needs the sparse frames that a run keeps with output.sparse = true. Everything in [segment], [filter] and "
      "[spots] can be\n"
      "set anew; the result has the same bits as a full run with these settings. Photometry reads the scan once more; "
      "without\n"
      "the scan, set spots.photometry=false.\n\n"
      "Examples:\n"
      "  dctprep run scan.h5 -o spots.h5 --set output.sparse=true\n"
      "  dctprep resegment spots.h5 -o fewer.h5 --set segment.seed=\"6 sigma\" --set filter.min_frames=2\n"
      "  dctprep resegment spots_sparse.h5 -o moved.h5 --scan /data/elsewhere/scan.h5");
  verb->add_option("INPUT", options->input, "A result with sparse frames beside it, or the file of these")
      ->required()
      ->type_name("OUT.h5|SPARSE.h5");
  add_output(*verb, options->shared, "OUT.h5", "The new result");
  verb->get_option("--output")->required();
  add_settings(*verb, options->shared, "segment.seed=\"5 sigma\"");
  add_scan(*verb, options->scan);
  add_threads(*verb, options->shared);
  add_json(*verb, options->shared);
  add_quiet(*verb, options->shared);
  verb->callback([options] { make_result({sparse_file_of(options->input)}, options->shared, options->scan); });
}

void add_merge(CLI::App& app) {
  const auto options = std::make_shared<MergeCommand>();
  CLI::App* verb = app.add_subcommand("merge", "Make one result of the parts of a scan");
  verb->footer(
      "The parts are those of `dctprep run --part`, in any order. The result has the same bits as one run. "
      "Photometry reads the\n"
      "scan once more; without the scan, set spots.photometry=false.\n\n"
      "Examples:\n"
      "  dctprep merge spots.h5 part*.h5\n"
      "  dctprep merge spots.h5 part*.h5 --scan /data/elsewhere/scan.h5");
  verb->add_option("OUT.h5", options->shared.output, "The result to write")->required()->type_name("OUT.h5");
  verb->add_option("PART", options->parts, "The parts, all of them")->required()->type_name("PART.h5 ...");
  verb->add_flag("--force", options->shared.force, "Overwrite an output that exists");
  add_settings(*verb, options->shared, "spots.photometry=false");
  add_scan(*verb, options->scan);
  add_threads(*verb, options->shared);
  add_json(*verb, options->shared);
  add_quiet(*verb, options->shared);
  verb->callback([options] {
    make_result({options->parts.begin(), options->parts.end()}, options->shared, options->scan);
  });
}

}  // namespace dctprep::command
