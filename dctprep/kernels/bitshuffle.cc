// SPDX-License-Identifier: BSD-3-Clause
#include "dctprep/kernels/bitshuffle.h"

#include <algorithm>
#include <cstring>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "dctprep/kernels/bitshuffle.cc"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

// What does not depend on the instruction set: this file is read once for each.
#ifndef DCTPREP_KERNELS_BITSHUFFLE_ONCE
#define DCTPREP_KERNELS_BITSHUFFLE_ONCE
namespace dctprep {
namespace {

// Transposes the 8 x 8 bits of a word: bit k of byte j becomes bit j of byte k (Warren, Hacker's Delight, 7-3).
inline std::uint64_t transpose_8x8(std::uint64_t bits) {
  std::uint64_t swap = (bits ^ (bits >> 7)) & 0x00aa00aa00aa00aaULL;
  bits ^= swap ^ (swap << 7);
  swap = (bits ^ (bits >> 14)) & 0x0000cccc0000ccccULL;
  bits ^= swap ^ (swap << 14);
  swap = (bits ^ (bits >> 28)) & 0x00000000f0f0f0f0ULL;
  return bits ^ swap ^ (swap << 28);
}

// Columns [begin, end) of the rows of one byte plane: `rows` lie `stride` bytes apart, and byte `b` of element e goes
// to out[e * step].
inline void untranspose_plane(const std::uint8_t* rows, std::size_t stride, std::size_t begin, std::size_t end,
                              std::uint8_t* out, std::size_t step) {
  for (std::size_t i = begin; i < end; ++i) {
    std::uint64_t bits = 0;
    for (int j = 0; j < 8; ++j) bits |= std::uint64_t{rows[j * stride + i]} << (8 * j);
    bits = transpose_8x8(bits);
    for (int k = 0; k < 8; ++k) out[(8 * i + k) * step] = static_cast<std::uint8_t>(bits >> (8 * k));
  }
}

}  // namespace
}  // namespace dctprep
#endif

HWY_BEFORE_NAMESPACE();
namespace dctprep {
namespace HWY_NAMESPACE {
namespace {

#if HWY_TARGET == HWY_SCALAR || HWY_HAVE_SCALABLE
void untranspose(const std::uint8_t* in, std::uint8_t* out, std::size_t elements, std::size_t element_size) {
  bit_untranspose_scalar(in, out, elements, element_size);
}
#else
namespace hn = hwy::HWY_NAMESPACE;

// Swaps the bits of `a` that have the bit kShift in their place with those of `b` that have it not.
template <int kShift, class V>
HWY_INLINE void exchange(V& a, V& b, V mask) {
  const V swap = hn::And(hn::Xor(hn::ShiftRight<kShift>(a), b), mask);
  b = hn::Xor(b, swap);
  a = hn::Xor(a, hn::ShiftLeft<kShift>(swap));
}

// Two vectors whose 16-byte blocks stand at out, out + 128, out + 256, ... (those of `a`) and 16 bytes behind those (of
// `b`).
template <class D, class V>
HWY_INLINE void store_blocks(D d, V a, V b, std::uint8_t* out) {
  constexpr std::size_t kBytes = hn::MaxLanes(D());
  if constexpr (kBytes == 16) {
    hn::StoreU(a, d, out);
    hn::StoreU(b, d, out + 16);
  } else if constexpr (kBytes == 32) {
    hn::StoreU(hn::ConcatLowerLower(d, b, a), d, out);
    hn::StoreU(hn::ConcatUpperUpper(d, b, a), d, out + 128);
  } else {
    const hn::Half<D> half;
    store_blocks(half, hn::LowerHalf(half, a), hn::LowerHalf(half, b), out);
    store_blocks(half, hn::UpperHalf(half, a), hn::UpperHalf(half, b), out + 4 * kBytes);
  }
}

// As many columns as a vector has bytes: 8 rows of bits to 8 times as many bytes at `out`. The bits are exchanged
// between vectors, and then the bytes interleaved.
template <class D>
HWY_INLINE void untranspose_columns(D d, const std::uint8_t* rows, std::size_t stride, std::uint8_t* out) {
  const hn::Repartition<std::uint16_t, D> words;
  auto load = [&](int j) HWY_ATTR { return hn::BitCast(words, hn::LoadU(d, rows + j * stride)); };
  auto r0 = load(0), r1 = load(1), r2 = load(2), r3 = load(3), r4 = load(4), r5 = load(5), r6 = load(6), r7 = load(7);
  const auto nibbles = hn::Set(words, 0x0f0f), pairs = hn::Set(words, 0x3333), singles = hn::Set(words, 0x5555);
  exchange<4>(r0, r4, nibbles), exchange<4>(r1, r5, nibbles), exchange<4>(r2, r6, nibbles),
      exchange<4>(r3, r7, nibbles);
  exchange<2>(r0, r2, pairs), exchange<2>(r1, r3, pairs), exchange<2>(r4, r6, pairs), exchange<2>(r5, r7, pairs);
  exchange<1>(r0, r1, singles), exchange<1>(r2, r3, singles), exchange<1>(r4, r5, singles),
      exchange<1>(r6, r7, singles);
  auto bytes = [&](auto r) HWY_ATTR { return hn::BitCast(d, r); };
  auto low = [&](auto a, auto b) HWY_ATTR { return hn::InterleaveLower(d, a, b); };
  auto high = [&](auto a, auto b) HWY_ATTR { return hn::InterleaveUpper(d, a, b); };
  const auto b0 = bytes(r0), b1 = bytes(r1), b2 = bytes(r2), b3 = bytes(r3);
  const auto b4 = bytes(r4), b5 = bytes(r5), b6 = bytes(r6), b7 = bytes(r7);
  const auto l04 = low(b0, b4), l15 = low(b1, b5), l26 = low(b2, b6), l37 = low(b3, b7);
  const auto h04 = high(b0, b4), h15 = high(b1, b5), h26 = high(b2, b6), h37 = high(b3, b7);
  const auto ll_even = low(l04, l26), ll_odd = low(l15, l37), lh_even = high(l04, l26), lh_odd = high(l15, l37);
  const auto hl_even = low(h04, h26), hl_odd = low(h15, h37), hh_even = high(h04, h26), hh_odd = high(h15, h37);
  store_blocks(d, low(ll_even, ll_odd), high(ll_even, ll_odd), out);
  store_blocks(d, low(lh_even, lh_odd), high(lh_even, lh_odd), out + 32);
  store_blocks(d, low(hl_even, hl_odd), high(hl_even, hl_odd), out + 64);
  store_blocks(d, low(hh_even, hh_odd), high(hh_even, hh_odd), out + 96);
}

// Bytes of `count` elements, one plane a byte of the element, to elements.
template <std::size_t kSize, class D>
HWY_INLINE void interleave(D d, const std::uint8_t* planes, std::size_t stride, std::size_t count, std::uint8_t* out) {
  const std::size_t lanes = hn::Lanes(d);
  for (std::size_t e = 0; e < count; e += lanes) {
    const auto p0 = hn::LoadU(d, planes + e), p1 = hn::LoadU(d, planes + stride + e);
    if constexpr (kSize == 2) {
      hn::StoreInterleaved2(p0, p1, d, out + 2 * e);
    } else if constexpr (kSize == 4) {
      const auto p2 = hn::LoadU(d, planes + 2 * stride + e), p3 = hn::LoadU(d, planes + 3 * stride + e);
      hn::StoreInterleaved4(p0, p1, p2, p3, d, out + 4 * e);
    } else {
      for (std::size_t i = e; i < e + lanes; ++i) {
        for (std::size_t b = 0; b < kSize; ++b) out[i * kSize + b] = planes[b * stride + i];
      }
    }
  }
}

template <std::size_t kSize>
void untranspose_sized(const std::uint8_t* in, std::uint8_t* out, std::size_t elements) {
  const hn::ScalableTag<std::uint8_t> d;
  constexpr std::size_t kColumns = hn::MaxLanes(hn::ScalableTag<std::uint8_t>());
  const std::size_t row = elements / 8;
  HWY_ALIGN std::uint8_t planes[kSize * kColumns * 8];
  std::size_t i = 0;
  for (; i + kColumns <= row; i += kColumns) {
    std::uint8_t* to = out + i * 8 * kSize;
    if constexpr (kSize == 1) {
      untranspose_columns(d, in + i, row, to);
    } else {
      for (std::size_t b = 0; b < kSize; ++b) {
        untranspose_columns(d, in + b * 8 * row + i, row, planes + b * kColumns * 8);
      }
      interleave<kSize>(d, planes, kColumns * 8, kColumns * 8, to);
    }
  }
  for (std::size_t b = 0; b < kSize; ++b) untranspose_plane(in + b * 8 * row, row, i, row, out + b, kSize);
}

void untranspose(const std::uint8_t* in, std::uint8_t* out, std::size_t elements, std::size_t element_size) {
  switch (element_size) {
    case 1:
      return untranspose_sized<1>(in, out, elements);
    case 2:
      return untranspose_sized<2>(in, out, elements);
    case 4:
      return untranspose_sized<4>(in, out, elements);
    default:
      return untranspose_sized<8>(in, out, elements);
  }
}
#endif

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace dctprep
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace dctprep {

namespace {
HWY_EXPORT(untranspose);
}  // namespace

void bit_transpose(const std::uint8_t* in, std::uint8_t* out, std::size_t elements, std::size_t element_size) noexcept {
  const std::size_t row = elements / 8;
  for (std::size_t i = 0; i < row; ++i) {
    for (std::size_t b = 0; b < element_size; ++b) {
      std::uint64_t bits = 0;
      for (std::size_t k = 0; k < 8; ++k) bits |= std::uint64_t{in[(8 * i + k) * element_size + b]} << (8 * k);
      bits = transpose_8x8(bits);
      for (std::size_t j = 0; j < 8; ++j) out[(8 * b + j) * row + i] = static_cast<std::uint8_t>(bits >> (8 * j));
    }
  }
}

void bit_untranspose(const std::uint8_t* in, std::uint8_t* out, std::size_t elements,
                     std::size_t element_size) noexcept {
  HWY_DYNAMIC_DISPATCH(untranspose)(in, out, elements, element_size);
}

void bit_untranspose_scalar(const std::uint8_t* in, std::uint8_t* out, std::size_t elements,
                            std::size_t element_size) noexcept {
  const std::size_t row = elements / 8;
  for (std::size_t b = 0; b < element_size; ++b) {
    untranspose_plane(in + b * 8 * row, row, 0, row, out + b, element_size);
  }
}

}  // namespace dctprep
#endif
