// SPDX-License-Identifier: BSD-3-Clause
// dctprep run: the whole pipeline.
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "dctprep/base/log.h"
#include "dctprep/core/spot.h"
#include "dctprep/pipeline/job.h"

#include "verb.h"

namespace dctprep::command {

namespace {

using Json = nlohmann::ordered_json;

struct RunCommand {
  SharedOptions shared;
  std::string input;
};

Json to_json(const JobResult& result) {
  const RunReport& report = result.report;
  Json json = {{"output", result.output.string()}, {"frames", report.frames}, {"spots", report.spots}};
  Json& rejected = json["rejected"] = Json::object();
  for (std::size_t i = 0; i < report.rejected.size(); ++i) rejected[reject_reason_names()[i]] = report.rejected[i];
  Json& bad = json["bad_frames"] = Json::array();
  for (const BadFrame& frame : report.bad_frames) {
    bad.push_back({{"frame", frame.frame},
                   {"cause", bad_frame_cause_names()[static_cast<std::size_t>(frame.cause)]},
                   {"what", frame.fault}});
  }
  json["beam_confidence"] = nullptr;  // given, not found
  if (const auto& confidence = result.estimate.beam_confidence) json["beam_confidence"] = *confidence;
  Json& timing = json["seconds_by_stage"] = Json::object();
  for (const auto& [stage, seconds] : report.timing) timing[stage] = seconds;
  json["seconds"] = report.seconds;
  json["warnings"] = report.warnings;
  return json;
}

std::string summary(const JobResult& result) {
  const RunReport& report = result.report;
  std::string text = fmt::format("{} spots in {} frames, {} ({:.1f} images/s)\n", report.spots, report.frames,
                                 format_duration(report.seconds), report.frames / std::max(1e-9, report.seconds));
  std::string reasons;
  for (std::size_t i = 0; i < report.rejected.size(); ++i) {
    if (report.rejected[i] > 0)
      reasons += fmt::format("{}{} {}", reasons.empty() ? "" : ", ", report.rejected[i], reject_reason_names()[i]);
  }
  if (!reasons.empty()) text += "rejected: " + reasons + "\n";
  if (!report.bad_frames.empty()) {
    text += fmt::format("bad frames: {}; {}\n", report.bad_frames.size(), bad_frames_text(report.bad_frames));
  }
  return text + fmt::format("{}\n", result.output.string());
}

JobResult run_one(const Job& job, const RunCommand& options, Progress& progress) {
  say_scan(job.scan);
  JobResult result = run_job(job, command_line(), options.shared.force, progress, say_estimate);
  // Those of the scan and of the search have been said before the run.
  const std::size_t said = job.scan.warnings.size() + result.estimate.warnings.size();
  for (std::size_t i = said; i < result.report.warnings.size(); ++i) log_warning("{}", result.report.warnings[i]);
  return result;
}

void run_scan(const RunCommand& options) {
  const auto progress = begin_work(options.shared);
  const std::vector<Job> jobs =
      open_jobs(options.input, options.shared.settings, options.shared.output, options.shared.threads);
  Json turns = Json::array();
  for (const Job& job : jobs) {
    const JobResult result = run_one(job, options, *progress);
    if (options.shared.json) {
      turns.push_back(to_json(result));
    } else {
      print_text(summary(result));
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
      "  dctprep run config.toml --force");
  verb->add_option("INPUT", options->input, "The SCAN, or a configuration NAME.toml")
      ->required()
      ->type_name("SCAN|CONFIG.toml");
  add_output(*verb, options->shared, "OUT.h5", "The result; default: NAME_spots.h5 in the working folder");
  add_settings(*verb, options->shared, "segment.seed=\"5 sigma\"");
  add_threads(*verb, options->shared);
  add_json(*verb, options->shared);
  add_quiet(*verb, options->shared);
  verb->callback([options] { run_scan(*options); });
}

}  // namespace dctprep::command
