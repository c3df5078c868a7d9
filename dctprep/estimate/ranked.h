// SPDX-License-Identifier: BSD-3-Clause
// Values by their rank, where outliers must not count. Each reorders the values.
#pragma once

#include <algorithm>
#include <cstddef>
#include <numeric>
#include <vector>

namespace dctprep {

// Element floor(p n) of the values in order, at most the last. There must be one.
template <class T>
T ranked(std::vector<T>& values, double p) {
  const auto at = values.begin() + static_cast<std::ptrdiff_t>(std::min(static_cast<double>(values.size() - 1),
                                                                        p * static_cast<double>(values.size())));
  std::nth_element(values.begin(), at, values.end());
  return *at;
}

// Mean of the values without the lowest and the highest `part`-th of them: as robust as the median, and finer where
// they are a few whole counts. 0 of none.
template <class T>
T middle_mean(std::vector<T>& values, std::size_t part) {
  if (values.empty()) return 0;
  const auto cut = static_cast<std::ptrdiff_t>(values.size() / part);
  const auto first = values.begin() + cut;
  const auto last = values.end() - cut;
  std::nth_element(values.begin(), first, values.end());
  if (cut > 0) std::nth_element(first, last, values.end());
  return static_cast<T>(std::accumulate(first, last, 0.0) / static_cast<double>(last - first));
}

}  // namespace dctprep
