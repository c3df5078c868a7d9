// SPDX-License-Identifier: BSD-3-Clause
#include "dctprep/write/export.h"

#include <string>
#include <system_error>

#include "dctprep/base/error.h"
#include "dctprep/base/partial_file.h"
#include "dctprep/write/export_csv.h"

namespace dctprep {

const std::vector<ExportFormat>& export_formats() {
  static const std::vector<ExportFormat> formats{
      {"csv", "the spot table as comma-separated values, one line a spot", ".csv", export_csv},
  };
  return formats;
}

const ExportFormat& find_export_format(std::string_view name) {
  std::string names;
  for (const ExportFormat& format : export_formats()) {
    if (format.name == name) return format;
    names += (names.empty() ? "" : ", ") + std::string(format.name);
  }
  fail_usage("unknown export format '{}'; there are: {}", name, names);
}

void export_result(const ResultFile& result, const ExportFormat& format, const std::filesystem::path& output,
                   bool overwrite) {
  std::error_code absent;
  if (std::filesystem::equivalent(output, result.path(), absent)) {
    fail_usage("{}: is the result that is exported; name another output", output.string());
  }
  PartialFile file(output, overwrite);
  with_context(output.string(), [&] { format.write(result, file.path()); });
  file.commit();
}

}  // namespace dctprep
