// SPDX-License-Identifier: BSD-3-Clause
// dctprep simulate: a scan with everything that is true about it.
#include "dctprep/simulate/simulate.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <tbb/global_control.h>

#include "dctprep/config/describe.h"
#include "dctprep/config/parse_toml.h"

#include "verb.h"

namespace dctprep::command {

namespace {

struct SimulateCommand {
  SharedOptions shared;
  std::string file;
  bool describe = false;
};

SimulateOptions read(const SimulateCommand& options) {
  SimulateOptions simulate_options;
  if (!options.file.empty())
    simulate_options = parse_options<SimulateOptions>(read_config_text(options.file), options.file, "");
  for (const std::string& setting : options.shared.settings) set_option(simulate_options, setting, "");
  return simulate_options;
}

void run_simulate(const SimulateCommand& options) {
  SimulateOptions simulate_options = read(options);
  if (options.describe && options.shared.json) return print_json(tables_schema(tables_of(simulate_options)));
  if (options.describe) return print_text(tables_help(tables_of(simulate_options)));
  std::filesystem::path out = options.shared.output;
  if (out.empty()) out = simulate_options.format == ScanFormat::kHdf5 ? "simulated.h5" : "simulated";
  std::optional<tbb::global_control> limit;
  if (options.shared.threads)
    limit.emplace(tbb::global_control::max_allowed_parallelism, static_cast<std::size_t>(*options.shared.threads));
  const auto progress = begin_work(options.shared);
  simulate(simulate_options, out, options.shared.force, *progress);
  const std::string truth = truth_path(out).string();
  if (options.shared.json) return print_json({{"scan", out.string()}, {"truth", truth}});
  print_text(fmt::format("{}\n{}\n", out.string(), truth));
}

}  // namespace

void add_simulate(CLI::App& app) {
  const auto options = std::make_shared<SimulateCommand>();
  CLI::App* verb = app.add_subcommand("simulate", "Make a physically sound scan with its ground truth");
  verb->footer(
      "Writes the scan and, beside it, NAME_truth.h5 with every spot that is in it; prints both names. The same "
      "options\n"
      "make the same bytes on every machine.\n\n"
      "Examples:\n"
      "  dctprep simulate -o scan.h5\n"
      "  dctprep simulate -o small.h5 --set width=256 --set height=256 --set frames=180\n"
      "  dctprep simulate -o hard.h5 --set preset=dense --set seed=7\n"
      "  dctprep simulate --options         every option with its default");
  verb->add_option("OPTIONS.toml", options->file, "A file of options, as KEY = VALUE a line")->type_name("");
  verb->add_flag("--options", options->describe, "List every option and stop; with --json as a JSON Schema");
  add_output(*verb, options->shared, "SCAN.h5", "The scan to write; default: simulated.h5");
  add_settings(*verb, options->shared, "grains=100");
  add_threads(*verb, options->shared);
  add_json(*verb, options->shared);
  add_quiet(*verb, options->shared);
  verb->callback([options] { run_simulate(*options); });
}

}  // namespace dctprep::command
