// SPDX-License-Identifier: BSD-3-Clause
// The bit transposition of bitshuffle (github.com/kiyo-masui/bitshuffle): bit j of byte b of the elements 8 i ... 8 i +
// 7 becomes byte i of row 8 b + j, its lowest bit that of element 8 i.
#pragma once

#include <cstddef>
#include <cstdint>

namespace dctprep {

// `in` and `out` hold `elements` x `element_size` bytes and do not overlap; `elements` is a multiple of 8,
// `element_size` 1, 2, 4 or 8.
void bit_transpose(const std::uint8_t* in, std::uint8_t* out, std::size_t elements, std::size_t element_size) noexcept;
// The way back; runs on the best instruction set of the machine.
void bit_untranspose(const std::uint8_t* in, std::uint8_t* out, std::size_t elements,
                     std::size_t element_size) noexcept;
// The same in plain C++: what every instruction set must equal.
void bit_untranspose_scalar(const std::uint8_t* in, std::uint8_t* out, std::size_t elements,
                            std::size_t element_size) noexcept;

}  // namespace dctprep
