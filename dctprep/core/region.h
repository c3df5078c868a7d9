// SPDX-License-Identifier: BSD-3-Clause
// A rectangle of the detector.
#pragma once

#include <algorithm>

namespace dctprep {

// Columns [u0, u1), rows [v0, v1). Empty where either is; {} is "there is none".
struct Region {
  int u0 = 0, v0 = 0, u1 = 0, v1 = 0;

  bool empty() const { return u0 >= u1 || v0 >= v1; }
  int width() const { return std::max(0, u1 - u0); }
  int height() const { return std::max(0, v1 - v0); }
  bool contains(int v, int u) const { return v0 <= v && v < v1 && u0 <= u && u < u1; }
  // Grown by `pixels` on each side and kept inside a detector of height x width; an empty region stays empty.
  Region grown(int pixels, int height, int width) const {
    if (empty()) return {};
    return {std::max(0, u0 - pixels), std::max(0, v0 - pixels), std::min(width, u1 + pixels),
            std::min(height, v1 + pixels)};
  }
  friend bool operator==(const Region&, const Region&) = default;
};

}  // namespace dctprep
