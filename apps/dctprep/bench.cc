// SPDX-License-Identifier: BSD-3-Clause
// dctprep bench: how fast it is here, and whether it was faster before.
#include "dctprep/bench/bench.h"

#include <algorithm>
#include <fmt/format.h>
#include <optional>

#include "dctprep/base/error.h"
#include "dctprep/base/log.h"
#include "dctprep/bench/compare.h"
#include "dctprep/bench/report_file.h"
#include "dctprep/bench/report_text.h"
#include "dctprep/config/config_file.h"
#include "dctprep/config/parse_toml.h"
#include "dctprep/pipeline/job.h"

#include "commit.h"
#include "verb.h"

namespace dctprep::command {

namespace {

struct BenchCommand {
  SharedOptions shared;
  std::string input;                   // "": a simulated scan in memory
  std::vector<std::string> simulated;  // --simulate
  std::vector<int> threads;
  int repeats = BenchOptions{}.repeats;
  std::string json;     // a file to write
  std::string compare;  // a file to read
};

bool is_report(const std::string& input) { return input.ends_with(".json"); }

void check_usage(const BenchCommand& options) {
  if (!options.input.empty() && !options.simulated.empty()) {
    fail_usage("--simulate is for the scan made in memory; leave it out, or {}", options.input);
  }
  for (std::size_t i = 0; i < options.threads.size(); ++i) {
    if (std::count(options.threads.begin(), options.threads.end(), options.threads[i]) > 1)
      fail_usage("--threads: {} is named twice", options.threads[i]);
  }
  if (!is_report(options.input)) return;
  if (options.compare.empty())
    fail_usage("{}: is a report; give --compare BASE.json to hold it against", options.input);
  if (!options.json.empty() || !options.threads.empty() || !options.shared.settings.empty()) {
    fail_usage("{}: is a report, and nothing is measured: leave out --json, --threads and --set", options.input);
  }
}

// What is to be measured.
struct Work {
  Scan scan;
  Config config;
};

Work simulated_work(const BenchCommand& options, Progress& progress) {
  Config config = default_config(options.shared.settings);
  if (!config.scan.path.empty()) fail_usage("scan.path = {}: name the scan without --set", config.scan.path);
  SimulateOptions scan_options = bench_scan_options();
  for (const std::string& setting : options.simulated) set_option(scan_options, setting, "");
  return {make_bench_scan(scan_options, progress), std::move(config)};
}

Work named_work(const BenchCommand& options) {
  Job job = open_job(options.input, options.shared.settings, options.json, std::nullopt);
  return {std::move(job.scan), std::move(job.config)};
}

BenchReport measure(const BenchCommand& options, const std::optional<BenchReport>& base) {
  const auto progress = begin_work(options.shared);
  // A run says how much memory it takes; here it would say so each time.
  set_log_level(options.shared.quiet ? LogLevel::kNone : LogLevel::kWarning);
  const Work work = options.input.empty() ? simulated_work(options, *progress) : named_work(options);
  BenchOptions how{.repeats = options.repeats, .threads = options.threads, .commit = kCommit};
  if (base) {
    check_same_size(*base, options.compare, work.scan.frame_count(), work.scan.height(), work.scan.width());
    if (how.threads.empty())
      for (const ThreadBench& bench : base->runs) how.threads.push_back(bench.threads);
  }
  return run_bench(work.scan, work.config, how, *progress);
}

void run_bench(const BenchCommand& options) {
  check_usage(options);
  // Wrong files are refused before anything takes time.
  std::optional<BenchReport> base;
  if (!options.compare.empty()) base = read_report(options.compare);
  std::optional<PartialFile> kept;
  if (!options.json.empty()) kept.emplace(options.json, options.shared.force);
  const BenchReport report = is_report(options.input) ? read_report(options.input) : measure(options, base);
  if (!is_report(options.input)) print_text(to_text(report));
  if (kept) write_report(report, *kept);
  if (base)
    print_text((is_report(options.input) ? "" : "\n") +
               to_text(compare_reports(*base, report, options.compare), options.compare));
}

}  // namespace

void add_bench(CLI::App& app) {
  const auto options = std::make_shared<BenchCommand>();
  CLI::App* verb = app.add_subcommand("bench", "Measure how fast the pipeline is on this machine");
  verb->footer(
      "Measures whole runs, without writing a result, and reading and decoding alone with the same reader, in turn; "
      "also the memory,\n"
      "as a ceiling. Without a SCAN a simulated one is made in memory: 600 frames of 1024 x 1024 pixels, unless "
      "--simulate says\n"
      "otherwise. Kept as JSON, a measurement can be compared with a later one: base against head.\n\n"
      "Examples:\n"
      "  dctprep bench\n"
      "  dctprep bench --threads 1,2 --simulate width=2048 --simulate height=2048\n"
      "  dctprep bench scan.h5 --set segment.seed=\"50 counts\" --json base.json\n"
      "  dctprep bench scan.h5 --set segment.seed=\"50 counts\" --compare base.json\n"
      "  dctprep bench head.json --compare base.json      measures nothing");
  verb->add_option("INPUT", options->input, "The SCAN, a configuration NAME.toml, or a report NAME.json to compare")
      ->type_name("");
  verb->add_option("--simulate", options->simulated,
                   "Another simulated scan, e.g. --simulate frames=300; may be repeated (dctprep simulate --options)")
      ->type_name("KEY=VALUE")
      ->allow_extra_args(false);
  add_settings(*verb, options->shared, "background.half_window=100");
  verb->add_option("--threads", options->threads, "Threads to use, each number in turn: 1,2; default: one a core")
      ->type_name("N,N,...")
      ->delimiter(',')
      ->allow_extra_args(false)
      ->check(CLI::Range(1, 1024).description(""));
  verb->add_option("--repeats", options->repeats, fmt::format("Measure so often; default: {}", options->repeats))
      ->type_name("N")
      ->check(CLI::Range(1, 1000).description(""));
  verb->add_option("--json", options->json, "Keep the measurement in this file")->type_name("FILE.json");
  verb->add_flag("--force", options->shared.force, "Overwrite an output that exists");
  verb->add_option("--compare", options->compare, "Hold it against an earlier one, kept with --json")
      ->type_name("BASE.json");
  add_quiet(*verb, options->shared);
  verb->callback([options] { run_bench(*options); });
}

}  // namespace dctprep::command
