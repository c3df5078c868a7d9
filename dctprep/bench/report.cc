// SPDX-License-Identifier: BSD-3-Clause
#include "dctprep/bench/report.h"

#include <algorithm>

#include "dctprep/base/assert.h"

namespace dctprep {

Summary summary_of(const Repeats& repeats) {
  DCTPREP_ASSERT(!repeats.empty());
  Repeats sorted = repeats;
  std::sort(sorted.begin(), sorted.end());
  const std::size_t middle = sorted.size() / 2;
  const double median = sorted.size() % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
  return {median, sorted.front(), sorted.back()};
}

}  // namespace dctprep
