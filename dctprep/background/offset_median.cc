// SPDX-License-Identifier: BSD-3-Clause
#include "dctprep/background/offset_median.h"

#include <algorithm>
#include <numeric>

namespace dctprep {

std::int32_t OffsetMedian::take() {
  const std::uint64_t all = std::accumulate(near_.begin(), near_.end(), std::uint64_t{far_.size()});
  if (all == 0) return 0;
  const std::uint64_t rank = all / 2;
  const auto above = std::partition(far_.begin(), far_.end(), [](std::int32_t far) { return far < 0; });
  auto below = static_cast<std::uint64_t>(above - far_.begin());
  const auto element = [&](auto first, auto last, std::uint64_t index) {
    std::nth_element(first, first + static_cast<std::ptrdiff_t>(index), last);
    return first[static_cast<std::ptrdiff_t>(index)];
  };
  if (rank < below) return element(far_.begin(), above, rank);
  for (std::int32_t difference = -kNear; difference < kNear; ++difference) {
    below += near_[static_cast<std::size_t>(difference + kNear)];
    if (rank < below) return difference;
  }
  return element(above, far_.end(), rank - below);
}

}  // namespace dctprep
