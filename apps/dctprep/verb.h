// SPDX-License-Identifier: BSD-3-Clause
// What the verbs share. Each verb is one file, which adds itself to the command line and does nothing but translate:
// from the words of the command line to a call of the library, and from its answer to text or JSON.
#pragma once

#include <CLI/CLI.hpp>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "dctprep/base/progress.h"
#include "dctprep/estimate/parameters.h"

namespace dctprep::command {

// Options that mean the same in every verb that has them.
struct SharedOptions {
  std::vector<std::string> settings;  // --set
  std::string output;                 // -o, "" where not given
  std::optional<int> threads;
  bool quiet = false;
  bool json = false;
  bool force = false;
};

void add_settings(CLI::App& verb, SharedOptions& options, const std::string& example);
void add_output(CLI::App& verb, SharedOptions& options, const std::string& name, const std::string& meaning);
void add_threads(CLI::App& verb, SharedOptions& options);
void add_quiet(CLI::App& verb, SharedOptions& options);
void add_json(CLI::App& verb, SharedOptions& options);
// --scan, of verbs that take a result.
void add_scan(CLI::App& verb, std::string& path);

// Notes and progress on stderr, or neither with --quiet.
std::unique_ptr<Progress> begin_work(const SharedOptions& options);

// Which dark and flat frames are used, and the remarks of who opened the scan, a line each.
void say_scan(const Scan& scan);

// What was found and why, one line each, so that a user sees it without opening a file; and the warnings.
void say_estimate(const Estimate& estimate);

// The command as it was typed, for the result's record.
void remember_command_line(int argc, char** argv);
const std::string& command_line();

// The answer, to stdout.
void print_text(std::string_view text);
// Writes out what still waits; why not all of the answer could be written, as errno, or 0.
int finish_stdout();
void print_json(const nlohmann::ordered_json& json);
std::string json_text(const nlohmann::ordered_json& json);

void add_config(CLI::App& app);
void add_info(CLI::App& app);
void add_init(CLI::App& app);
void add_run(CLI::App& app);
void add_resegment(CLI::App& app);
void add_prepare(CLI::App& app);
void add_merge(CLI::App& app);
void add_show(CLI::App& app);
void add_export(CLI::App& app);
void add_score(CLI::App& app);
void add_simulate(CLI::App& app);
void add_bench(CLI::App& app);

}  // namespace dctprep::command
