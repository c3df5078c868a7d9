// SPDX-License-Identifier: BSD-3-Clause
#include "dctprep/write/export_csv.h"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fmt/format.h>
#include <iterator>
#include <memory>

#include "dctprep/base/error.h"

namespace dctprep {

void export_csv(const ResultFile& result, const std::filesystem::path& path) {
  struct Close {
    void operator()(std::FILE* file) const { std::fclose(file); }
  };
  std::unique_ptr<std::FILE, Close> file(std::fopen(path.c_str(), "wb"));
  const auto check = [](bool ok) {
    if (!ok) fail("could not be written: {}; make room there or write elsewhere with -o", std::strerror(errno));
  };
  check(file != nullptr);
  fmt::memory_buffer line;
  visit_spot_columns_of(result.header(), [&](const ColumnInfo& info, auto) {
    fmt::format_to(std::back_inserter(line), "{}{}", line.size() == 0 ? "" : ",", info.name);
  });
  const auto end_line = [&] {
    line.push_back('\n');
    check(std::fwrite(line.data(), 1, line.size(), file.get()) == line.size());
    line.clear();
  };
  end_line();
  for (const Spot& spot : result.spots()) {
    visit_spot_columns_of(result.header(), [&](const ColumnInfo&, auto member) {
      fmt::format_to(std::back_inserter(line), "{}{}", line.size() == 0 ? "" : ",", spot.*member);
    });
    end_line();
  }
  check(std::fclose(file.release()) == 0);
}

}  // namespace dctprep
