// SPDX-License-Identifier: BSD-3-Clause
#include "dctprep/read/image/header_counters.h"

#include <limits>

#include "dctprep/read/image/series_headers.h"

namespace dctprep {

std::map<std::string, std::vector<double>> header_counters(const std::vector<std::filesystem::path>& files) {
  const auto headers = series_headers(files);
  std::map<std::string, std::vector<double>> counters;
  for (std::size_t k = 0; k < headers.size(); ++k) {
    for (const HeaderNumber& one : headers[k]) {
      auto& values =
          counters.try_emplace(one.name, headers.size(), std::numeric_limits<double>::quiet_NaN()).first->second;
      values[k] = one.value;
    }
  }
  return counters;
}

}  // namespace dctprep
