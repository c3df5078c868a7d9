// SPDX-License-Identifier: BSD-3-Clause
// The rank median of differences of pixels, nearly all of which are small.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

namespace dctprep {

class OffsetMedian {
 public:
  static constexpr std::int32_t kNear = 1024;

  void add(std::int32_t difference) {
    if (-kNear <= difference && difference < kNear) {
      ++near_[static_cast<std::size_t>(difference + kNear)];
    } else {
      far_.push_back(difference);
    }
  }
  // The same difference, -kNear <= difference < kNear, `count` times.
  void add(std::int32_t difference, std::uint64_t count) {
    near_[static_cast<std::size_t>(difference + kNear)] += count;
  }

  // The rank median of all that were added; 0 of none. To be called once.
  std::int32_t take();

 private:
  std::array<std::uint64_t, 2 * kNear> near_{};
  std::vector<std::int32_t> far_;
};

}  // namespace dctprep
