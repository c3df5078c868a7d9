// SPDX-License-Identifier: BSD-3-Clause
#include "dctprep/kernels/byte_pixels.h"

#include <algorithm>
#include <cstring>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "dctprep/kernels/byte_pixels.cc"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace dctprep {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

constexpr int kMiddle = 128;

bool NarrowPixels(const uint16_t* values, const uint16_t* references, size_t count, uint8_t* bytes, uint64_t* beyond) {
  uint64_t any = 0;
  size_t i = 0;
#if HWY_TARGET != HWY_SCALAR
  const hn::CappedTag<uint16_t, 64> d16;
  const hn::CappedTag<uint8_t, 64> d8;
  const auto middle = hn::Set(d16, uint16_t{kMiddle});
  const auto most = hn::Set(d16, uint16_t{255});
  const auto one = hn::Set(d8, uint8_t{1}), two = hn::Set(d8, uint8_t{2});
  const auto narrowed = [&](size_t at) HWY_ATTR {
    const auto value = hn::LoadU(d16, values + at), reference = hn::LoadU(d16, references + at);
    const auto above = hn::SaturatedAdd(middle, hn::SaturatedSub(value, reference));
    return hn::BitCast(d8, hn::Min(most, hn::SaturatedSub(above, hn::SaturatedSub(reference, value))));
  };
  for (; i + 64 <= count; i += 64) {
    uint64_t word = 0;
    for (size_t at = 0; at < 64; at += hn::Lanes(d8)) {
      const auto byte = hn::ConcatEven(d8, narrowed(i + at + hn::Lanes(d16)), narrowed(i + at));
      hn::StoreU(byte, d8, bytes + i + at);
      uint8_t bits[8] = {0};
      // One more makes of 255 and 0 the two smallest.
      hn::StoreMaskBits(d8, hn::Lt(hn::Add(byte, one), two), bits);
      uint64_t part;
      std::memcpy(&part, bits, 8);
      word |= part << at;
    }
    beyond[i / 64] = word;
    any |= word;
  }
#endif
  for (; i < count; i += 64) {
    uint64_t word = 0;
    for (size_t at = 0; at < std::min<size_t>(64, count - i); ++at) {
      const int byte = std::clamp(values[i + at] - references[i + at] + kMiddle, 0, 255);
      bytes[i + at] = static_cast<uint8_t>(byte);
      word |= uint64_t{byte == 0 || byte == 255} << at;
    }
    beyond[i / 64] = word;
    any |= word;
  }
  return any != 0;
}

void WidenPixels(const uint8_t* bytes, const uint16_t* references, size_t count, uint16_t* values) {
  size_t i = 0;
#if HWY_TARGET != HWY_SCALAR
  const hn::ScalableTag<uint16_t> d16;
  const hn::Rebind<uint8_t, decltype(d16)> d8;
  const auto middle = hn::Set(d16, uint16_t{kMiddle});
  for (; i + hn::Lanes(d16) <= count; i += hn::Lanes(d16)) {
    const auto byte = hn::PromoteTo(d16, hn::LoadU(d8, bytes + i));
    hn::StoreU(hn::Add(hn::LoadU(d16, references + i), hn::Sub(byte, middle)), d16, values + i);
  }
#endif
  for (; i < count; ++i) values[i] = static_cast<uint16_t>(references[i] + bytes[i] - kMiddle);
}

void SubtractBytes(const uint8_t* bytes, const uint8_t* backgrounds, int32_t offset, size_t count, uint16_t* residual) {
  size_t i = 0;
#if HWY_TARGET != HWY_SCALAR
  const hn::ScalableTag<uint16_t> d16;
  const hn::RebindToSigned<decltype(d16)> i16;
  const hn::Rebind<uint8_t, decltype(d16)> d8;
  const auto down = hn::Set(i16, static_cast<int16_t>(offset));
  for (; i + hn::Lanes(d16) <= count; i += hn::Lanes(d16)) {
    const auto from = hn::BitCast(i16, hn::PromoteTo(d16, hn::LoadU(d8, bytes + i)));
    const auto under = hn::BitCast(i16, hn::PromoteTo(d16, hn::LoadU(d8, backgrounds + i)));
    const auto difference = hn::Sub(hn::Sub(from, under), down);
    hn::StoreU(hn::BitCast(d16, hn::Max(difference, hn::Zero(i16))), d16, residual + i);
  }
#endif
  for (; i < count; ++i) residual[i] = static_cast<uint16_t>(std::max(0, bytes[i] - backgrounds[i] - offset));
}

void BytesAtLeast(const uint8_t* bytes, const uint8_t* backgrounds, const uint8_t* levels, size_t count,
                  uint64_t* bits) {
  size_t i = 0;
#if HWY_TARGET != HWY_SCALAR
  const hn::CappedTag<uint8_t, 64> d8;
  for (; i + 64 <= count; i += 64) {
    const auto least = hn::Set(d8, levels[i / 64]);
    uint64_t word = 0;
    for (size_t at = 0; at < 64; at += hn::Lanes(d8)) {
      const auto above = hn::SaturatedSub(hn::LoadU(d8, bytes + i + at), hn::LoadU(d8, backgrounds + i + at));
      uint8_t stored[8] = {0};
      hn::StoreMaskBits(d8, hn::Eq(hn::Max(above, least), above), stored);
      uint64_t part;
      std::memcpy(&part, stored, 8);
      word |= part << at;
    }
    bits[i / 64] = word;
  }
#endif
  for (; i < count; i += 64) {
    uint64_t word = 0;
    for (size_t at = 0; at < std::min<size_t>(64, count - i); ++at)
      word |= uint64_t{bytes[i + at] - backgrounds[i + at] >= levels[i / 64]} << at;
    bits[i / 64] = word;
  }
}

void CountDifferencesBelow(const uint8_t* bytes, const uint8_t* backgrounds, size_t count, size_t stride, int32_t first,
                           uint64_t* counts) {
  size_t i = 0;
#if HWY_TARGET != HWY_SCALAR
  const hn::CappedTag<uint8_t, 64> d8;
  using V = hn::Vec<decltype(d8)>;
  const size_t lanes = hn::Lanes(d8);
  const hn::Repartition<uint64_t, decltype(d8)> d64;
  const auto middle = hn::Set(d8, uint8_t{kMiddle}), one = hn::Set(d8, uint8_t{1});
  // Every vector begins at a multiple of the stride; what is none is counted for nothing.
  alignas(64) uint8_t multiple[64];
  for (size_t k = 0; k < lanes; ++k) multiple[k] = k % stride == 0 ? 255 : 0;
  const auto asked = hn::Load(d8, multiple);
  // Half of the rungs at a time, so that the sums stay in registers; a byte lane counts to 255.
  for (; i + lanes <= count;) {
    const size_t end = std::min(i + 255 * lanes, count / lanes * lanes);
    for (size_t half = 0; half < kDifferenceRungs; half += 8) {
      V s0 = hn::Zero(d8), s1 = s0, s2 = s0, s3 = s0, s4 = s0, s5 = s0, s6 = s0, s7 = s0;
      const V r0 = hn::Set(d8, static_cast<uint8_t>(kMiddle + first + static_cast<int32_t>(half))),
              r1 = hn::Add(r0, one), r2 = hn::Add(r1, one), r3 = hn::Add(r2, one), r4 = hn::Add(r3, one),
              r5 = hn::Add(r4, one), r6 = hn::Add(r5, one), r7 = hn::Add(r6, one);
      for (size_t at = i; at < end; at += lanes) {
        const V from = hn::LoadU(d8, bytes + at), under = hn::LoadU(d8, backgrounds + at);
        const V height =
            hn::SaturatedSub(hn::SaturatedAdd(middle, hn::SaturatedSub(from, under)), hn::SaturatedSub(under, from));
        s0 = hn::IfThenElse(hn::Lt(height, r0), hn::Add(s0, one), s0);
        s1 = hn::IfThenElse(hn::Lt(height, r1), hn::Add(s1, one), s1);
        s2 = hn::IfThenElse(hn::Lt(height, r2), hn::Add(s2, one), s2);
        s3 = hn::IfThenElse(hn::Lt(height, r3), hn::Add(s3, one), s3);
        s4 = hn::IfThenElse(hn::Lt(height, r4), hn::Add(s4, one), s4);
        s5 = hn::IfThenElse(hn::Lt(height, r5), hn::Add(s5, one), s5);
        s6 = hn::IfThenElse(hn::Lt(height, r6), hn::Add(s6, one), s6);
        s7 = hn::IfThenElse(hn::Lt(height, r7), hn::Add(s7, one), s7);
      }
      const V sums[8] = {s0, s1, s2, s3, s4, s5, s6, s7};
      for (size_t j = 0; j < 8; ++j)
        counts[half + j] += hn::GetLane(hn::SumOfLanes(d64, hn::SumsOf8(hn::And(sums[j], asked))));
    }
    i = end;
  }
#endif
  for (i = (i + stride - 1) / stride * stride; i < count; i += stride) {
    for (size_t j = 0; j < kDifferenceRungs; ++j)
      counts[j] += bytes[i] - backgrounds[i] < first + static_cast<int32_t>(j) ? 1 : 0;
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace dctprep
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace dctprep {

HWY_EXPORT(NarrowPixels);
HWY_EXPORT(WidenPixels);
HWY_EXPORT(SubtractBytes);
HWY_EXPORT(BytesAtLeast);
HWY_EXPORT(CountDifferencesBelow);

bool narrow_pixels(const std::uint16_t* values, const std::uint16_t* references, std::size_t count, std::uint8_t* bytes,
                   std::uint64_t* beyond) noexcept {
  return HWY_DYNAMIC_DISPATCH(NarrowPixels)(values, references, count, bytes, beyond);
}

void widen_pixels(const std::uint8_t* bytes, const std::uint16_t* references, std::size_t count,
                  std::uint16_t* values) noexcept {
  HWY_DYNAMIC_DISPATCH(WidenPixels)(bytes, references, count, values);
}

void subtract_bytes(const std::uint8_t* bytes, const std::uint8_t* backgrounds, std::int32_t offset, std::size_t count,
                    std::uint16_t* residual) noexcept {
  HWY_DYNAMIC_DISPATCH(SubtractBytes)(bytes, backgrounds, offset, count, residual);
}

void bytes_at_least(const std::uint8_t* bytes, const std::uint8_t* backgrounds, const std::uint8_t* levels,
                    std::size_t count, std::uint64_t* bits) noexcept {
  HWY_DYNAMIC_DISPATCH(BytesAtLeast)(bytes, backgrounds, levels, count, bits);
}

void count_differences_below(const std::uint8_t* bytes, const std::uint8_t* backgrounds, std::size_t count,
                             std::size_t stride, std::int32_t first, std::uint64_t* counts) noexcept {
  HWY_DYNAMIC_DISPATCH(CountDifferencesBelow)(bytes, backgrounds, count, stride, first, counts);
}

}  // namespace dctprep
#endif  // HWY_ONCE
