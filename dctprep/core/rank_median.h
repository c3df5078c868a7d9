// SPDX-License-Identifier: BSD-3-Clause
// The rank median: the element at index n / 2 of the sorted values (the upper of the two middle ones where n is even).
#pragma once

#include <algorithm>
#include <cstddef>
#include <vector>

#include "dctprep/base/assert.h"

namespace dctprep {

// Of at least one value; `values` is reordered. No NaN.
template <class T>
T rank_median(std::vector<T>& values) {
  DCTPREP_ASSERT(!values.empty());
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

}  // namespace dctprep
