// SPDX-License-Identifier: BSD-3-Clause
// Pixels that are read as another value than the stored one, since pixels are whole numbers in 0 ... 65535 here.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "dctprep/base/image.h"

namespace dctprep {

enum class PixelChange : std::uint8_t {
  kAbove,    // above 65535: read as 65535, so that it counts as saturated
  kBelow,    // below 0: read as 0
  kMarked,   // marked as masked, though not among the bad pixels: read as 0
  kRounded,  // a number with a fraction: rounded
};
inline constexpr std::size_t kPixelChanges = 4;

// Those of one frame.
struct PixelChanges {
  struct Count {
    std::uint64_t pixels = 0;
    std::size_t first = 0;  // linear index of the first of them
    double value = 0;       // what is stored there
  };

  ImageView<const std::uint8_t> ignored;  // given: 1 at pixels that are not counted; may be empty
  std::array<Count, kPixelChanges> counts;

  Count& operator[](PixelChange kind) { return counts[static_cast<std::size_t>(kind)]; }
  const Count& operator[](PixelChange kind) const { return counts[static_cast<std::size_t>(kind)]; }
  bool any() const {
    return std::ranges::any_of(counts, [](const Count& count) { return count.pixels > 0; });
  }
  // Counts the pixel at linear index `i`, unless it is ignored. Indices come in any order.
  void add(PixelChange kind, std::size_t i, double value) {
    if (!ignored.empty() && ignored.pixels()[i] != 0) return;
    Count& count = (*this)[kind];
    if (count.pixels++ > 0 && count.first < i) return;
    count.first = i;
    count.value = value;
  }
};

// Those of many frames, each added once, in any order: what comes out does not depend on it. Not thread-safe.
class ChangeTally {
 public:
  void add(int frame, const PixelChanges& changes);
  // One line for each kind that there is, with the first place. `frames`: how many were read; `name` names one.
  std::vector<std::string> lines(int frames, int width, const std::function<std::string(int)>& name) const;

 private:
  struct Sum {
    std::uint64_t pixels = 0;
    int frames = 0;
    int first_frame = 0;
    PixelChanges::Count first;
  };
  std::array<Sum, kPixelChanges> sums_;
};

}  // namespace dctprep
