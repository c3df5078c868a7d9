// SPDX-License-Identifier: BSD-3-Clause
// A BenchReport as JSON, to be kept and compared with.
#pragma once

#include <filesystem>
#include <nlohmann/json_fwd.hpp>
#include <string>

#include "dctprep/base/partial_file.h"
#include "dctprep/bench/report.h"

namespace dctprep {

nlohmann::ordered_json to_json(const BenchReport& report);

// From text called `source` in messages. Error (usage) where it is no such report, naming what is missing or odd.
BenchReport parse_report(const std::string& text, const std::string& source);
BenchReport read_report(const std::filesystem::path& path);
// Completes `file`.
void write_report(const BenchReport& report, PartialFile& file);

}  // namespace dctprep
