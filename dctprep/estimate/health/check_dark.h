// SPDX-License-Identifier: BSD-3-Clause
// Whether the dark of a scan fits its frames.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "dctprep/base/image.h"
#include "dctprep/core/scan.h"

namespace dctprep {

// How a dark lies to the frames that it is subtracted from; over good pixels.
struct DarkFit {
  double frame_median = 0, dark_median = 0;  // counts
  double below = 0;                          // share of the frames' pixels that lie below the dark
  double cleared = 0;                        // share of their pixels above 0 that the dark makes 0
  // Share of the dark's pattern (differences between neighbours) that is in the frames: 1 in raw frames, 0 in frames
  // that were dark-corrected; and its standard error. `pattern_known` false: there are too few dark frames, or the dark
  // has no pattern that stands out of its noise.
  bool pattern_known = false;
  double pattern = 0, pattern_error = 0;
};

// `frames` are raw, at least one; `darks` are the dark frames, whose median is `dark`.
DarkFit fit_dark(const std::vector<Image<std::uint16_t>>& frames, const std::vector<Image<std::uint16_t>>& darks,
                 ImageView<const std::uint16_t> dark, ImageView<const std::uint8_t> bad_pixels);

// What is wrong, with the numbers and what to do; nothing where the dark fits.
std::optional<std::string> dark_problem(const DarkFit& fit, const std::string& dark_path);

// The same for a scan with darks, by five of its frames that are not listed (1 = listed) and up to 16 darks, which it
// reads. Nothing where none of them can be read.
std::optional<std::string> check_dark(const Scan& scan, ImageView<const std::uint16_t> dark,
                                      const std::vector<std::uint8_t>& listed);

}  // namespace dctprep
