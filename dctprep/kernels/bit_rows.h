// SPDX-License-Identifier: BSD-3-Clause
// Rows of bits, one a pixel: bit u % 64 of word u / 64; the rest of the last word is 0.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace dctprep {

inline constexpr int kMostWindowRadius = 3;

constexpr std::size_t words_of_bits(std::size_t width) { return (width + 63) / 64; }

// Of word number `word`, the bits begin ... end - 1 of the row, some of which lie in it.
constexpr std::uint64_t bits_in_word(std::size_t word, std::size_t begin, std::size_t end) {
  std::uint64_t bits = ~std::uint64_t{0};
  if (word * 64 < begin) bits &= ~std::uint64_t{0} << (begin - word * 64);
  if (word * 64 + 64 > end) bits &= (std::uint64_t{1} << (end - word * 64)) - 1;
  return bits;
}

inline void set_bits(std::uint64_t* bits, std::size_t begin, std::size_t end) {
  for (std::size_t word = begin / 64; word * 64 < end; ++word) bits[word] |= bits_in_word(word, begin, end);
}

inline void clear_bits(std::uint64_t* bits, std::size_t begin, std::size_t end) {
  for (std::size_t word = begin / 64; word * 64 < end; ++word) bits[word] &= ~bits_in_word(word, begin, end);
}

// Bit u of `out`: whether at least `least` bits are set in the window of (2 radius + 1) squared bits round column u of
// the middle one of 2 radius + 1 `rows`, borders repeating the edge bit. 1 <= radius <= kMostWindowRadius, width >= 1.
// Returns whether any is set; `out` is undefined where none is. `scratch` is grown as needed and may be kept between
// calls.
bool window_has(const std::uint64_t* const* rows, int radius, std::size_t width, unsigned least, std::uint64_t* out,
                std::vector<std::uint64_t>& scratch);

}  // namespace dctprep
