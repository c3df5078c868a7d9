// SPDX-License-Identifier: BSD-3-Clause
// Results in the formats of other programs. To add a format: a file export_NAME.{h,cc} with a function as `write`
// below, and its line in export.cc.
#pragma once

#include <filesystem>
#include <string_view>
#include <vector>

#include "dctprep/write/result_reader.h"

namespace dctprep {

struct ExportFormat {
  std::string_view name;         // as in --to NAME
  std::string_view description;  // one line
  std::string_view suffix;       // of the output where none is named, e.g. ".csv"
  // Writes the whole export to the (existing, empty) file `path`; Error where that fails.
  void (*write)(const ResultFile& result, const std::filesystem::path& path);
};

const std::vector<ExportFormat>& export_formats();
// Error (usage) that lists the names where there is none of that name.
const ExportFormat& find_export_format(std::string_view name);

// Writes `output` whole or not at all. Error (usage) where it exists and not `overwrite`, or is `result` itself.
void export_result(const ResultFile& result, const ExportFormat& format, const std::filesystem::path& output,
                   bool overwrite);

}  // namespace dctprep
