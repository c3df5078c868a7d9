// SPDX-License-Identifier: BSD-3-Clause
// dctprep export: a result for other programs.
#include "dctprep/write/export.h"

#include <filesystem>
#include <fmt/format.h>

#include "dctprep/base/error.h"
#include "dctprep/pipeline/recorded_scan.h"

#include "verb.h"

namespace dctprep::command {

namespace {

struct ExportCommand {
  SharedOptions shared;
  std::string result;
  std::string format;
  std::string scan;
};

void run_export(const ExportCommand& options) {
  const ExportFormat& format = find_export_format(options.format);
  const ResultFile result(options.result);
  if (!options.scan.empty()) open_recorded_scan(result, options.scan);
  std::filesystem::path output = options.shared.output;
  if (output.empty()) output = std::filesystem::path(options.result).stem().string() + std::string(format.suffix);
  export_result(result, format, output, options.shared.force);
  print_text(output.string() + "\n");
}

std::string format_list() {
  std::string text;
  for (const ExportFormat& format : export_formats())
    text += fmt::format("  {:<10} {}\n", format.name, format.description);
  return text;
}

}  // namespace

void add_export(CLI::App& app) {
  const auto options = std::make_shared<ExportCommand>();
  CLI::App* verb = app.add_subcommand("export", "Hand a result to other programs");
  verb->footer("Formats:\n" + format_list() +
               "\nExamples:\n"
               "  dctprep export scan_spots.h5 --to csv\n"
               "  dctprep export scan_spots.h5 --to csv -o spots.csv --force");
  verb->add_option("RESULT", options->result, "A result of dctprep run")->required()->type_name("OUT.h5");
  verb->add_option("--to", options->format, "The format")->required()->type_name("FORMAT");
  add_output(*verb, options->shared, "FILE",
             "The file to write; default: the result's name with the format's suffix, in the working folder");
  add_scan(*verb, options->scan);
  add_quiet(*verb, options->shared);
  verb->callback([options] { run_export(*options); });
}

}  // namespace dctprep::command
