// SPDX-License-Identifier: BSD-3-Clause
// LZ4 blocks as bitshuffle leaves them: many short sequences, a third of which repeat the last few bytes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace dctprep {

// Bytes behind the block decoded that are written too.
inline constexpr std::size_t kLz4Room = 64;

// Decodes the LZ4 block of `stored` bytes that `from` begins with; what lies behind it is read, but counts nothing.
// `out` is the block decoded and kLz4Room bytes more. False where that is not done, and `out` undefined: the block is
// damaged, or odd, or less than kLz4Room bytes lie behind it, or the instruction set lacks what is needed. liblz4 is to
// be asked then; what is decoded is what it would have decoded.
//
// Format: github.com/lz4/lz4 (lz4_Block_format.md).
bool decode_lz4_block(std::span<const std::uint8_t> from, std::size_t stored, std::span<std::uint8_t> out) noexcept;

}  // namespace dctprep
