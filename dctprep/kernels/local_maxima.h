// SPDX-License-Identifier: BSD-3-Clause
// Where the values of a volume are no smaller than all those round them.
#pragma once

#include <cstddef>
#include <cstdint>

namespace dctprep {

// What local_maxima() reads behind the last value that it has to.
inline constexpr std::size_t kLocalMaximaRoom = 64;

// Sets bit i % 64 of bits[i / 64], for i < count, where here[i] >= least and here[i] is no smaller than any of the
// three values that begin at here + i + rows[r], r < n; the other bits of the last word to 0. One of the rows is -1, so
// that here[i] itself is the middle one of its three.
void local_maxima(const std::uint16_t* here, const std::ptrdiff_t* rows, std::size_t n, std::size_t count,
                  std::uint16_t least, std::uint64_t* bits) noexcept;

}  // namespace dctprep
