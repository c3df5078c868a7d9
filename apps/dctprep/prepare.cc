// SPDX-License-Identifier: BSD-3-Clause
// dctprep prepare: the plan that the parts of a scan share.
#include <filesystem>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "dctprep/pipeline/parts.h"

#include "verb.h"

namespace dctprep::command {

namespace {

struct PrepareCommand {
  SharedOptions shared;
  std::string input;
};

void prepare(const PrepareCommand& options) {
  const auto progress = begin_work(options.shared);
  const PlannedScan planned = plan_scan(options.input, options.shared.settings, options.shared.threads, "", *progress,
                                        [](const Scan& scan, const Estimate& estimate) {
                                          say_scan(scan);
                                          say_estimate(estimate);
                                        });
  std::filesystem::path output = options.shared.output;
  if (output.empty()) output = planned.scan.name + "_plan.h5";
  write_plan_file(planned.plan, output, options.shared.force);
  if (options.shared.json) {
    print_json({{"output", output.string()},
                {"frames", planned.plan.frames},
                {"blocks", planned.plan.blocks.size()},
                {"warnings", planned.plan.warnings}});
  } else {
    print_text(fmt::format("{} blocks, which up to {} parts can share\n{}\n", planned.plan.blocks.size(),
                           planned.plan.blocks.size(), output.string()));
  }
}

}  // namespace

void add_prepare(CLI::App& app) {
  const auto options = std::make_shared<PrepareCommand>();
  CLI::App* verb = app.add_subcommand("prepare", "Make the plan that several jobs process a scan by");
  verb->footer(
      "Finds what is to be found from the data, once, so that all parts have the same parameters. The parts may run at "
      "any time,\n"
      "in any order, on any machine that sees the scan; merged, they give the same result as one run, to the bit.\n\n"
      "Examples:\n"
      "  dctprep prepare scan.h5 -o plan.h5\n"
      "  dctprep run plan.h5 --part 1/10 -o part1.h5\n"
      "  ...\n"
      "  dctprep run plan.h5 --part 10/10 -o part10.h5\n"
      "  dctprep merge spots.h5 part*.h5");
  verb->add_option("INPUT", options->input, "The SCAN, or a configuration NAME.toml")
      ->required()
      ->type_name("SCAN|CONFIG.toml");
  add_output(*verb, options->shared, "PLAN.h5", "The plan; default: NAME_plan.h5 in the working folder");
  add_settings(*verb, options->shared, "segment.seed=\"5 sigma\"");
  add_threads(*verb, options->shared);
  add_json(*verb, options->shared);
  add_quiet(*verb, options->shared);
  verb->callback([options] { prepare(*options); });
}

}  // namespace dctprep::command
