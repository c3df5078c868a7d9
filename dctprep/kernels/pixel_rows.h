// SPDX-License-Identifier: BSD-3-Clause
// Leaf loops over rows of pixels: correct, subtract, compare. Each equals its scalar form bit for bit.
#pragma once

#include <cstddef>
#include <cstdint>

namespace dctprep {

// corrected[i] = min(65535, rint(float32(max(0, raw[i] - dark[i])) * factor)), half to even; without the product where
// `factor` is 1, without the subtraction where `dark` is null. Returns the largest of raw[i]. `corrected` may be `raw`.
std::uint16_t correct_pixels(const std::uint16_t* raw, const std::uint16_t* dark, float factor, std::size_t count,
                             std::uint16_t* corrected) noexcept;

// residual[i] = clamp(frame[i] - background[i] - offset, 0, 65535), |offset| <= 65535.
void subtract_pixels(const std::uint16_t* frame, const std::uint16_t* background, std::int32_t offset,
                     std::size_t count, std::uint16_t* residual) noexcept;

// Bit i of `bits` (bit i % 64 of word i / 64; the rest of the last word is 0) says whether pixels[i] >= level. `bits`
// has (count + 63) / 64 words. Returns whether any is set.
bool pixels_at_least(const std::uint16_t* pixels, std::uint16_t level, std::size_t count, std::uint64_t* bits) noexcept;

// least[i] = the least of pixels 64 i - reach ... 64 i + 63 + reach, as far as there are any; of (count + 63) / 64.
void least_of_stretches(const std::uint16_t* pixels, std::size_t count, std::size_t reach,
                        std::uint16_t* least) noexcept;

}  // namespace dctprep
