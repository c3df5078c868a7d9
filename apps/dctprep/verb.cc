// SPDX-License-Identifier: BSD-3-Clause
#include "verb.h"

#include <cerrno>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "dctprep/base/log.h"
#include "dctprep/config/field_text.h"
#include "dctprep/config/tables_of.h"

namespace dctprep::command {

void add_settings(CLI::App& verb, SharedOptions& options, const std::string& example) {
  verb.add_option("--set", options.settings, "Give one option a value, e.g. --set " + example + "; may be repeated")
      ->type_name("KEY=VALUE")
      ->allow_extra_args(false);
}

void add_output(CLI::App& verb, SharedOptions& options, const std::string& name, const std::string& meaning) {
  verb.add_option("-o,--output", options.output, meaning)
      ->type_name(name)
      ->check(CLI::Validator([](const std::string& path) { return path.empty() ? "needs a name" : ""; }, ""));
  verb.add_flag("--force", options.force, "Overwrite an output that exists");
}

void add_threads(CLI::App& verb, SharedOptions& options) {
  verb.add_option("--threads", options.threads, "Threads to use; default: one a core")
      ->type_name("N")
      ->check(CLI::Range(1, 1024).description(""));
}

void add_quiet(CLI::App& verb, SharedOptions& options) {
  verb.add_flag("-q,--quiet", options.quiet, "No progress and no notes on stderr, only warnings and errors");
}

void add_json(CLI::App& verb, SharedOptions& options) {
  verb.add_flag("--json", options.json, "Answer in JSON, for programs");
}

void add_scan(CLI::App& verb, std::string& path) {
  verb.add_option("--scan", path,
                  "Where the scan of the result lies now, if it has moved; refused where it is not the same scan")
      ->type_name("SCAN");
}

std::unique_ptr<Progress> begin_work(const SharedOptions& options) {
  set_log_level(options.quiet ? LogLevel::kWarning : LogLevel::kInfo);
  if (options.quiet) return std::make_unique<Progress>();
  return std::make_unique<TerminalProgress>();
}

namespace {
std::string g_command_line;
}

void remember_command_line(int argc, char** argv) {
  g_command_line.clear();
  for (int i = 0; i < argc; ++i) g_command_line += (i == 0 ? "" : " ") + std::string(argv[i]);
}

const std::string& command_line() { return g_command_line; }

void say_scan(const Scan& scan) {
  if (scan.darks) log_info("dark: {} ({} frames)", scan.dark_path, scan.darks->frames());
  if (scan.flats) log_info("flat: {} ({} frames)", scan.flat_path, scan.flats->frames());
  for (const std::string& note : scan.notes) log_info("{}", note);
  for (const std::string& rejected : scan.omega_rejected) log_info("omega: not used: {}", rejected);
  for (const std::string& warning : scan.warnings) log_warning("{}", warning);
}

void say_estimate(const Estimate& estimate) {
  Config config = estimate.config;
  for (const char* key :
       {"beam.region", "beam.sample", "beam.normalise", "beam.guard", "denoise.mode", "segment.unit", "segment.seed",
        "segment.grow_min", "segment.grow_max", "segment.min_seed_volume", "segment.split"}) {
    const auto why = estimate.why.find(key);
    if (why == estimate.why.end()) continue;
    for (const Table& table : tables_of(config)) {
      for (const Field& field : table.fields) {
        if (key_of(table, field) == key) log_info("{} = {}: {}", key, value_text(field.get()), why->second);
      }
    }
  }
  for (const std::string& warning : estimate.warnings) log_warning("{}", warning);
}

namespace {
int g_stdout_failure = 0;
}

void print_text(std::string_view text) {
  errno = 0;
  if (std::fwrite(text.data(), 1, text.size(), stdout) != text.size() && g_stdout_failure == 0)
    g_stdout_failure = errno;
}

int finish_stdout() {
  errno = 0;
  if (std::fflush(stdout) != 0 && g_stdout_failure == 0) g_stdout_failure = errno;
  return g_stdout_failure;
}

std::string json_text(const nlohmann::ordered_json& json) {
  // Paths may hold bytes that are no UTF-8; JSON may not.
  return json.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

void print_json(const nlohmann::ordered_json& json) { print_text(json_text(json)); }

}  // namespace dctprep::command
