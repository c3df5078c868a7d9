// SPDX-License-Identifier: BSD-3-Clause
// dctprep init: a complete configuration for a scan, and why.
#include <algorithm>
#include <cstdio>
#include <fmt/format.h>
#include <fstream>
#include <nlohmann/json.hpp>
#include <optional>

#include "dctprep/base/error.h"
#include "dctprep/base/log.h"
#include "dctprep/base/partial_file.h"
#include "dctprep/config/config_file.h"
#include "dctprep/config/series_config.h"
#include "dctprep/estimate/health/check_health.h"
#include "dctprep/estimate/health/health.h"
#include "dctprep/estimate/parameters.h"
#include "dctprep/pipeline/job.h"
#include "dctprep/tune/tune.h"

#include "verb.h"

namespace dctprep::command {

namespace {

using Json = nlohmann::ordered_json;

struct InitCommand {
  SharedOptions shared;
  std::string input;
  bool health = false;
  bool tune = false;
  bool pin = false;
  double false_spots = kFalseSpots;
};

// Reads every frame, lists those that harm medians as bad, and says what was found; why, for the comments.
void exclude_unhealthy(Config& config, const Scan& scan, Progress& progress, Comments& why) {
  const Estimate beam = find_beam(config, scan, progress);
  const ScanHealth health = check_health(scan, beam.config, progress);
  std::string text = health_text(health);
  if (text.ends_with('\n')) text.pop_back();
  std::vector<int>& listed = config.scan.bad_frames;
  const std::vector<int> exclude = health.to_exclude();
  listed.insert(listed.end(), exclude.begin(), exclude.end());
  std::ranges::sort(listed);
  listed.erase(std::ranges::unique(listed).begin(), listed.end());
  why["scan.bad_frames"] = fmt::format("of all {} frames, {} would harm the medians they enter: {}", health.frames,
                                       exclude.size(), text.empty() ? "nothing is odd" : text);
  log_info("health of all {} frames:{}", health.frames, text.empty() ? " nothing is odd" : "\n" + text);
}

// Takes what the pairs favour into `estimate`, and says what was tried.
Tuning tune_estimate(Estimate& estimate, const Config& given, const Scan& scan, bool quiet, Progress& progress) {
  set_log_level(LogLevel::kNone);  // what single runs have to say is not asked for
  Tuning tuning = tune(estimate.config, open_to_tuning(given), scan, progress);
  set_log_level(quiet ? LogLevel::kWarning : LogLevel::kInfo);
  estimate.config = tuning.config;
  for (const auto& [key, why] : tuning.why) estimate.why[key] = why;
  std::string text = tuning_text(tuning);
  text.pop_back();
  log_info("tuning by Friedel pairs:\n{}", text);
  return tuning;
}

Json to_json(const Tuning& tuning) {
  Json json = {{"summary", tuning.summary}, {"frames", tuning.frames}, {"chosen", tuning.chosen}};
  Json& trials = json["trials"] = Json::array();
  for (const TuneTrial& trial : tuning.trials) {
    trials.push_back({{"settings", trial.settings},
                      {"spots", trial.spots},
                      {"eligible", trial.eligible},
                      {"paired", trial.paired},
                      {"chance_share", trial.chance_share},
                      {"beyond_chance", trial.beyond_chance},
                      {"verdict", trial.verdict}});
  }
  return json;
}

// What was found and why; the configuration itself where it goes to no file. `left`: what is left to each scan.
Json to_json(const Scan& scan, const Estimate& estimate, const std::optional<Tuning>& tuning,
             const std::map<std::string, std::string>& left, const std::string& output, const std::string& toml) {
  Json json = {{"output", output.empty() ? Json(nullptr) : Json(output)}};
  if (output.empty()) json["toml"] = toml;
  json["beam_confidence"] = nullptr;  // given, not found
  if (estimate.beam_confidence) json["beam_confidence"] = *estimate.beam_confidence;
  json["why"] = estimate.why;
  json["in_this_scan"] = left;
  if (tuning) json["tuning"] = to_json(*tuning);
  json["warnings"] = scan.warnings;
  for (const std::string& warning : estimate.warnings) json["warnings"].push_back(warning);
  return json;
}

void write_whole(PartialFile& file, const std::string& text) {
  std::ofstream out(file.path(), std::ios::binary);
  out << text;
  out.close();
  if (!out) fail("{}: could not be written; is the disk full?", file.final_path().string());
  file.commit();
}

// What stands above the configuration.
std::string heading(const Job& job, const Estimate& estimate, const std::optional<Tuning>& tuning, bool pinned,
                    const std::string& output) {
  std::string text =
      fmt::format("Made by dctprep init for {}: {} frames of {} x {} pixels.\nRun it with: dctprep run {}",
                  job.scan.storage.location, job.scan.frame_count(), job.scan.width(), job.scan.height(),
                  output.empty() ? "THIS_FILE.toml" : output);
  if (!pinned) {
    text +=
        "\nIt serves other scans of the series too (--set scan.path=OTHER_SCAN): what was found in this scan alone "
        "(dark, "
        "angles, bad frames, ...) is left to be found in each; dctprep init --pin writes it as well.";
  }
  for (const std::string& warning : job.scan.warnings) text += "\nwarning: " + warning;
  for (const std::string& warning : estimate.warnings) text += "\nwarning: " + warning;
  if (tuning) text += "\nTuned by Friedel pairs:\n" + tuning_text(*tuning);
  return text;
}

void run_init(const InitCommand& options) {
  const auto progress = begin_work(options.shared);
  Job job = open_job(options.input, options.shared.settings, options.shared.output, options.shared.threads);
  std::optional<PartialFile> file;  // refused before the work, not after it
  if (!options.shared.output.empty()) file.emplace(options.shared.output, options.shared.force);
  say_scan(job.scan);
  const Config given = job.config;
  Comments comments;
  if (options.health) exclude_unhealthy(job.config, job.scan, *progress, comments);
  Estimate estimate = find_parameters(job.config, job.scan, *progress, options.false_spots);
  std::optional<Tuning> tuning;
  if (options.tune) tuning = tune_estimate(estimate, job.config, job.scan, options.shared.quiet, *progress);
  if (!options.pin && job.config.scan.bad_frames != given.scan.bad_frames) {
    estimate.warnings.push_back(
        "scan.bad_frames: the frames found by --health are in a comment only, since they are of this scan alone; write "
        "them with `dctprep init --health --pin`, for a configuration that serves no other scan");
  }
  estimate.warnings.insert(estimate.warnings.end(), estimate.changed_pixels.begin(), estimate.changed_pixels.end());
  say_estimate(estimate);
  comments.insert(estimate.why.begin(), estimate.why.end());
  comments[""] = heading(job, estimate, tuning, options.pin, options.shared.output);
  Config written = estimate.config;
  std::map<std::string, std::string> left;
  if (!options.pin) left = leave_to_each_scan(given, written, comments);
  const std::string text = to_toml(written, comments);
  if (file) write_whole(*file, text);
  if (options.shared.json) return print_json(to_json(job.scan, estimate, tuning, left, options.shared.output, text));
  if (!file) return print_text(text);
  print_text(options.shared.output + "\n");
}

}  // namespace

void add_init(CLI::App& app) {
  const auto options = std::make_shared<InitCommand>();
  CLI::App* verb =
      app.add_subcommand("init", "Look at a scan and write a configuration with every value chosen for it");
  verb->footer(
      "Reads a sample of the frames and writes a complete, commented configuration: above every value what it means, "
      "and why it was\n"
      "chosen. Values given with --set are kept. What holds for this scan alone (dark, flat, angles, bad frames, ...) "
      "is "
      "left \"auto\", with\n"
      "what was found in the comment, so that one configuration serves a series of scans; --pin writes it.\n\n"
      "Examples:\n"
      "  dctprep init scan.h5 -o scan.toml      then edit it, then: dctprep run scan.toml\n"
      "  dctprep init scan.h5                   print it\n"
      "  dctprep init p.h5 -o series.toml       then: dctprep run series.toml --set scan.path=q.h5\n"
      "  dctprep init scan.h5 --health --pin -o scan.toml\n"
      "  dctprep init scan.h5 --tune -o scan.toml");
  verb->add_option("INPUT", options->input, "The SCAN, or a configuration NAME.toml to complete")
      ->required()
      ->type_name("SCAN");
  verb->add_flag(
      "--health", options->health,
      "Read every frame (as long as reading the scan takes), and name those that harm; with --pin, list them "
      "in scan.bad_frames");
  verb->add_flag("--pin", options->pin,
                 "Write also what was found in this scan alone: dark, flat, angles, wrap, saturation, bad frames");
  verb->add_flag(
      "--tune", options->tune,
      "Run the pipeline with a dozen settings round those found, on all of a small scan or on two parts half "
      "a turn apart, and take others where they surely have more Friedel mates");
  verb->add_option("--false-spots", options->false_spots,
                   "False spots that may be expected in the whole scan; the thresholds are the lowest that keep to it; "
                   "default: 10")
      ->type_name("N")
      ->check(CLI::Range(0.01, 1e6).description(""));
  add_output(*verb, options->shared, "CONFIG.toml", "The configuration to write; default: standard output");
  add_settings(*verb, options->shared, "beam.region=none");
  add_threads(*verb, options->shared);
  add_json(*verb, options->shared);
  add_quiet(*verb, options->shared);
  verb->callback([options] { run_init(*options); });
}

}  // namespace dctprep::command
