// SPDX-License-Identifier: BSD-3-Clause
// dctprep config: every key there is, and whether a configuration is sound.
#include <fstream>
#include <nlohmann/json.hpp>

#include "dctprep/base/error.h"
#include "dctprep/base/partial_file.h"
#include "dctprep/config/config_file.h"
#include "dctprep/config/describe.h"

#include "verb.h"

namespace dctprep::command {

namespace {

struct ConfigCommand {
  SharedOptions shared;
  std::string file;
  bool schema = false;
  bool reference = false;
  bool defaults = false;
};

Config read(const ConfigCommand& options) {
  if (!options.file.empty()) return load_config(options.file, options.shared.settings);
  return default_config(options.shared.settings);
}

std::string answer(const ConfigCommand& options) {
  if (options.schema) return json_text(config_schema());
  if (options.reference) return reference_page();
  Config config = read(options);
  return options.shared.json ? json_text(tables_json(tables_of(config))) : to_toml(config);
}

void run_config(const ConfigCommand& options) {
  const int wishes = (options.file.empty() ? 0 : 1) + (options.defaults ? 1 : 0) + (options.schema ? 1 : 0) +
                     (options.reference ? 1 : 0);
  if (wishes > 1) fail_usage("give only one of CONFIG.toml, --default, --schema and --reference");
  const std::string text = answer(options);
  if (options.shared.output.empty()) return print_text(text);
  PartialFile file(options.shared.output, options.shared.force);
  std::ofstream stream(file.path(), std::ios::binary);
  stream << text;
  stream.close();
  if (!stream) fail("{}: cannot be written; is the disk full?", options.shared.output);
  file.commit();
}

}  // namespace

void add_config(CLI::App& app) {
  const auto options = std::make_shared<ConfigCommand>();
  CLI::App* verb = app.add_subcommand("config", "Check a configuration, or print every key with its meaning");
  verb->footer(
      "Prints a complete configuration with the meaning of every key: that of CONFIG.toml after checking it, or the\n"
      "defaults. No data are looked at; `dctprep init SCAN` chooses values for a scan.\n\n"
      "Examples:\n"
      "  dctprep config                                        every key, its meaning and default\n"
      "  dctprep config scan.toml                              is it sound, and what does it say in full?\n"
      "  dctprep config scan.toml --set segment.seed=\"5 sigma\" -o next.toml\n"
      "  dctprep config --schema -o dctprep.schema.json        for editors that check as you type");
  verb->add_option("CONFIG.toml", options->file, "The configuration to check")->type_name("");
  add_settings(*verb, options->shared, "segment.seed=\"5 sigma\"");
  add_output(*verb, options->shared, "FILE", "Write to FILE instead of stdout");
  add_json(*verb, options->shared);
  verb->add_flag("--default", options->defaults, "Print the defaults; the same as no option");
  verb->add_flag("--schema", options->schema, "Print the JSON Schema of configurations");
  verb->add_flag("--reference", options->reference, "Print the reference page (Markdown)");
  verb->callback([options] { run_config(*options); });
}

}  // namespace dctprep::command
