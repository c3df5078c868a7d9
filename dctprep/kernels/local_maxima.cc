// SPDX-License-Identifier: BSD-3-Clause
#include "dctprep/kernels/local_maxima.h"

#include <algorithm>
#include <cstring>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "dctprep/kernels/local_maxima.cc"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace dctprep {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

// The largest of each column of the rows first, and then of three columns.
void LocalMaxima(const uint16_t* here, const ptrdiff_t* rows, size_t n, size_t count, uint16_t least, uint64_t* bits) {
  constexpr size_t kPiece = 1024;
  const hn::CappedTag<uint16_t, 32> d;
  const size_t lanes = hn::Lanes(d);
  uint16_t columns[kPiece + kLocalMaximaRoom];
  for (size_t first = 0; first < count; first += kPiece) {
    const size_t piece = std::min(kPiece, count - first);
    for (size_t i = 0; i < piece + 2; i += lanes) {
      auto largest = hn::Set(d, least);
      for (size_t r = 0; r < n; ++r)
        largest = hn::Max(largest, hn::LoadU(d, here + static_cast<ptrdiff_t>(first + i) + rows[r]));
      hn::StoreU(largest, d, columns + i);
    }
    for (size_t word = 0; word * 64 < piece; ++word) {
      uint64_t found = 0;
      for (size_t at = word * 64; at < std::min(piece, word * 64 + 64); at += lanes) {
        const uint16_t* column = columns + at;
        const auto largest = hn::Max(hn::LoadU(d, column), hn::Max(hn::LoadU(d, column + 1), hn::LoadU(d, column + 2)));
        uint8_t stored[8] = {0};
        hn::StoreMaskBits(d, hn::Eq(largest, hn::LoadU(d, here + first + at)), stored);
        uint64_t part;
        std::memcpy(&part, stored, 8);
        found |= part << at % 64;
      }
      const size_t left = piece - word * 64;
      bits[first / 64 + word] = left < 64 ? found & ((uint64_t{1} << left) - 1) : found;
    }
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace dctprep
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace dctprep {

HWY_EXPORT(LocalMaxima);

void local_maxima(const std::uint16_t* here, const std::ptrdiff_t* rows, std::size_t n, std::size_t count,
                  std::uint16_t least, std::uint64_t* bits) noexcept {
  HWY_DYNAMIC_DISPATCH(LocalMaxima)(here, rows, n, count, least, bits);
}

}  // namespace dctprep
#endif  // HWY_ONCE
