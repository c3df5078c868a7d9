// SPDX-License-Identifier: BSD-3-Clause
// Pixels held in one byte: what they differ from a reference by. Each loop equals its scalar form bit for bit.
#pragma once

#include <cstddef>
#include <cstdint>

namespace dctprep {

// bytes[i] = clamp(values[i] - references[i] + 128, 0, 255), i < count. Bit i of `beyond` (bit i % 64 of word i / 64;
// the rest of the last word is 0) says that bytes[i] is 0 or 255, which a value further away may be, too; `beyond` has
// (count + 63) / 64 words. Returns whether any is set.
bool narrow_pixels(const std::uint16_t* values, const std::uint16_t* references, std::size_t count, std::uint8_t* bytes,
                   std::uint64_t* beyond) noexcept;

// values[i] = references[i] + bytes[i] - 128, modulo 65536: what was narrowed, where its byte is neither 0 nor 255.
void widen_pixels(const std::uint8_t* bytes, const std::uint16_t* references, std::size_t count,
                  std::uint16_t* values) noexcept;

// residual[i] = max(0, bytes[i] - backgrounds[i] - offset), |offset| <= kMostByteOffset: of a frame and a background
// that are both held against one reference.
inline constexpr std::int32_t kMostByteOffset = 30000;
void subtract_bytes(const std::uint8_t* bytes, const std::uint8_t* backgrounds, std::int32_t offset, std::size_t count,
                    std::uint16_t* residual) noexcept;

// Bit i of `bits` (as of pixels_at_least()) says whether bytes[i] - backgrounds[i] >= levels[i / 64], which is not 0.
void bytes_at_least(const std::uint8_t* bytes, const std::uint8_t* backgrounds, const std::uint8_t* levels,
                    std::size_t count, std::uint64_t* bits) noexcept;

// counts[j] += the number of i < count, i a multiple of `stride`, with bytes[i] - backgrounds[i] < first + j, for j <
// kDifferenceRungs. `stride` is a power of two of at most
// kMostDifferenceStride, |first| <= kMostDifferenceRung.
inline constexpr std::size_t kDifferenceRungs = 16;
inline constexpr std::int32_t kMostDifferenceRung = 100;
inline constexpr std::size_t kMostDifferenceStride = 16;
void count_differences_below(const std::uint8_t* bytes, const std::uint8_t* backgrounds, std::size_t count,
                             std::size_t stride, std::int32_t first, std::uint64_t* counts) noexcept;

}  // namespace dctprep
