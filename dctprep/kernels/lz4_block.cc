// SPDX-License-Identifier: BSD-3-Clause
#include "dctprep/kernels/lz4_block.h"

#include <algorithm>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "dctprep/kernels/lz4_block.cc"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#ifndef DCTPREP_LZ4_BLOCK_TABLE
#define DCTPREP_LZ4_BLOCK_TABLE
namespace dctprep {

// Of matches `i` bytes back: which of 16 bytes there come next, over and over. Farther ones are copied as they are.
struct RepeatTable {
  alignas(16) std::uint8_t places[17][16];
};

constexpr RepeatTable repeat_table() {
  RepeatTable table{};
  for (std::uint8_t i = 1; i <= 16; ++i) {
    for (std::uint8_t k = 0; k < 16; ++k) table.places[i][k] = static_cast<std::uint8_t>(k % i);
  }
  return table;
}

inline constexpr RepeatTable kRepeats = repeat_table();

}  // namespace dctprep
#endif

HWY_BEFORE_NAMESPACE();
namespace dctprep {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

#if HWY_TARGET == HWY_SCALAR

bool DecodeLz4Block(const uint8_t*, const uint8_t*, const uint8_t*, uint8_t*, uint8_t*) { return false; }

#else

// Adds the bytes that a length of 15 goes on in. False where they reach `end`.
HWY_INLINE bool AddLength(const uint8_t*& in, const uint8_t* end, size_t& length) {
  uint8_t more;
  do {
    if (in >= end) return false;
    more = *in++;
    length += more;
  } while (more == 255);
  return true;
}

// Copies `count` bytes and up to a vector more. `from` lies at least a vector before `to`, or elsewhere.
template <class D>
HWY_INLINE void Copy(D d, const uint8_t* from, size_t count, uint8_t* to) {
  for (size_t i = 0; i < count; i += hn::Lanes(d)) hn::StoreU(hn::LoadU(d, from + i), d, to + i);
}

// A match `offset` bytes back: up to 31 bytes more than `length` are written.
HWY_INLINE void Repeat(uint8_t* out, size_t offset, size_t length) {
  const hn::FixedTag<uint8_t, 16> d16;
  const hn::CappedTag<uint8_t, 32> d;
  const uint8_t* from = out - offset;
  const size_t period = std::min<size_t>(offset, 16);
  const auto repeated = hn::TableLookupBytes(hn::LoadU(d16, from), hn::Load(d16, kRepeats.places[period]));
  hn::StoreU(repeated, d16, out);
  if (length <= 16) return;
  if (offset >= hn::Lanes(d)) {
    Copy(d, from + 16, length - 16, out + 16);
  } else if (offset >= 16) {
    Copy(d16, from + 16, length - 16, out + 16);
  } else if (16 % period == 0) {
    const auto all = hn::LoadDup128(d, out);
    for (size_t i = 16; i < length; i += hn::Lanes(d)) hn::StoreU(all, d, out + i);
  } else {
    const size_t step = 16 - 16 % period;
    for (size_t i = step; i < length; i += step) hn::StoreU(repeated, d16, out + i);
  }
}

// What is near the ends of the block is looked at as strictly as liblz4 does: all but the last literals end 8 bytes
// before that of the input and 12 before that of the output, and matches 5 before that.
bool DecodeLz4Block(const uint8_t* in, const uint8_t* in_end, const uint8_t* readable_end, uint8_t* out,
                    uint8_t* out_end) {
  const hn::FixedTag<uint8_t, 16> d16;
  const hn::CappedTag<uint8_t, 32> d;
  const uint8_t* const begin = out;
  // So that nothing below reads behind readable_end.
  if (static_cast<size_t>(readable_end - in_end) < kLz4Room) return false;
  while (in < in_end) {
    const size_t token = *in++;
    size_t literals = token >> 4;
    // Mostly there are fewer.
    hn::StoreU(hn::LoadU(d16, in), d16, out);
    if (literals == 15) {
      if (!AddLength(in, in_end, literals)) return false;
      if (literals > static_cast<size_t>(in_end - in) || literals > static_cast<size_t>(out_end - out)) return false;
      Copy(d, in, literals, out);
    }
    in += literals;
    out += literals;
    if (in_end - in < 8 || out_end - out < 12) return in == in_end && out == out_end;

    const size_t offset = in[0] | in[1] << 8;
    in += 2;
    size_t length = token & 15;
    if (length == 15 && !AddLength(in, in_end, length)) return false;
    length += 4;
    if (offset == 0 || offset > static_cast<size_t>(out - begin)) return false;
    if (length + 5 > static_cast<size_t>(out_end - out)) return false;
    Repeat(out, offset, length);
    out += length;
  }
  return false;
}

#endif

}  // namespace HWY_NAMESPACE
}  // namespace dctprep
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace dctprep {

HWY_EXPORT(DecodeLz4Block);

bool decode_lz4_block(std::span<const std::uint8_t> from, std::size_t stored, std::span<std::uint8_t> out) noexcept {
  if (stored > from.size() || out.size() < kLz4Room) return false;
  return HWY_DYNAMIC_DISPATCH(DecodeLz4Block)(from.data(), from.data() + stored, from.data() + from.size(), out.data(),
                                              out.data() + (out.size() - kLz4Room));
}

}  // namespace dctprep
#endif  // HWY_ONCE
