// SPDX-License-Identifier: BSD-3-Clause
// The rank median of many frames, pixel by pixel.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace dctprep {

// out[i] = rank median of frames[0][i], ..., frames[n-1][i] for i < count, on all cores; 0 where n is 0. The frames are
// read in tiles that fit a core's cache.
void rank_median_over_frames(std::span<const std::uint16_t* const> frames, std::size_t count, std::uint16_t* out);

}  // namespace dctprep
