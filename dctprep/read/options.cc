// SPDX-License-Identifier: BSD-3-Clause
#include "dctprep/read/options.h"

#include <algorithm>
#include <set>

namespace dctprep {

int most_bad_frames(const ScanOptions& options, int frames) {
  if (!options.max_bad_frames.is_auto()) return options.max_bad_frames.value();
  const std::set<int> listed(options.bad_frames.begin(), options.bad_frames.end());
  const int found = std::min(std::max(1, frames / 100), frames - 1);  // some frame must be good
  return found + static_cast<int>(listed.size());
}

}  // namespace dctprep
