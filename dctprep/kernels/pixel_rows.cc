// SPDX-License-Identifier: BSD-3-Clause
#include "dctprep/kernels/pixel_rows.h"

#include <algorithm>
#include <cstring>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "dctprep/kernels/pixel_rows.cc"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace dctprep {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

// Adding and taking away 1.5 * 2^23 rounds a float below 2^22 to a whole number, half to even.
constexpr float kRound = 12582912.0f;

uint16_t CorrectPixels(const uint16_t* raw, const uint16_t* dark, float factor, size_t count, uint16_t* corrected) {
  size_t i = 0;
  uint16_t largest = 0;
#if HWY_TARGET != HWY_SCALAR
  const hn::ScalableTag<uint16_t> d16;
  const hn::RepartitionToWide<decltype(d16)> d32;
  const hn::RebindToSigned<decltype(d32)> i32;
  const hn::RebindToFloat<decltype(d32)> f32;
  const auto scale = hn::Set(f32, factor);
  const auto most = hn::Set(f32, 65535.0f);
  const auto round = hn::Set(f32, kRound);
  // Of one pixel in each 32 bits: after kRound is added, the low bits of the float are the number itself.
  const auto scaled = [&](auto value) {
    const auto product = hn::Min(most, hn::Mul(hn::ConvertTo(f32, hn::BitCast(i32, value)), scale));
    return hn::BitCast(d32, hn::Add(product, round));
  };
  auto top = hn::Zero(d16);
  for (; i + hn::Lanes(d16) <= count; i += hn::Lanes(d16)) {
    auto value = hn::LoadU(d16, raw + i);
    top = hn::Max(top, value);
    if (dark != nullptr) value = hn::SaturatedSub(value, hn::LoadU(d16, dark + i));
    if (factor == 1.0f) {
      hn::StoreU(value, d16, corrected + i);
    } else {
      const auto both = hn::BitCast(d32, value);
      const auto even = scaled(hn::And(both, hn::Set(d32, 0xFFFFu))), odd = scaled(hn::ShiftRight<16>(both));
      hn::StoreU(hn::OddEven(hn::BitCast(d16, hn::ShiftLeft<16>(odd)), hn::BitCast(d16, even)), d16, corrected + i);
    }
  }
  largest = hn::GetLane(hn::MaxOfLanes(d16, top));
#endif
  for (; i < count; ++i) {
    largest = std::max(largest, raw[i]);
    const uint16_t value = static_cast<uint16_t>(raw[i] - (dark == nullptr ? 0 : std::min(raw[i], dark[i])));
    const float product = std::min(65535.0f, static_cast<float>(value) * factor);
    const float rounded = (product + kRound) - kRound;
    corrected[i] = factor == 1.0f ? value : static_cast<uint16_t>(rounded);
  }
  return largest;
}

void SubtractPixels(const uint16_t* frame, const uint16_t* background, int32_t offset, size_t count,
                    uint16_t* residual) {
  const auto up = static_cast<uint16_t>(std::max(0, -offset));
  const auto down = static_cast<uint16_t>(std::max(0, offset));
  const auto body = [&](auto d, size_t i) {
    const auto from = hn::LoadU(d, frame + i), under = hn::LoadU(d, background + i);
    auto difference = hn::SaturatedSub(from, under);
    if (up != 0) {
      difference = hn::SaturatedAdd(difference, hn::SaturatedSub(hn::Set(d, up), hn::SaturatedSub(under, from)));
    } else {
      difference = hn::SaturatedSub(difference, hn::Set(d, down));
    }
    hn::StoreU(difference, d, residual + i);
  };
  const hn::ScalableTag<uint16_t> d;
  size_t i = 0;
  for (; i + hn::Lanes(d) <= count; i += hn::Lanes(d)) body(d, i);
  for (; i < count; ++i) body(hn::CappedTag<uint16_t, 1>(), i);
}

bool PixelsAtLeast(const uint16_t* pixels, uint16_t level, size_t count, uint64_t* bits) {
  uint64_t any = 0;
  size_t i = 0;
#if HWY_TARGET != HWY_SCALAR
  const hn::CappedTag<uint16_t, 64> d;
  const auto least = hn::Set(d, level);
  for (; i + 64 <= count; i += 64) {
    uint64_t word = 0;
    for (size_t at = 0; at < 64; at += hn::Lanes(d)) {
      uint8_t bytes[8] = {0};
      hn::StoreMaskBits(d, hn::Not(hn::Lt(hn::LoadU(d, pixels + i + at), least)), bytes);
      uint64_t part;
      std::memcpy(&part, bytes, 8);
      word |= part << at;
    }
    bits[i / 64] = word;
    any |= word;
  }
#endif
  for (; i < count; i += 64) {
    uint64_t word = 0;
    for (size_t at = 0; at < std::min<size_t>(64, count - i); ++at) word |= uint64_t{pixels[i + at] >= level} << at;
    bits[i / 64] = word;
    any |= word;
  }
  return any != 0;
}

uint16_t LeastPixel(const uint16_t* pixels, size_t count) {
  uint16_t least = 65535;
  size_t i = 0;
#if HWY_TARGET != HWY_SCALAR
  const hn::ScalableTag<uint16_t> d;
  if (count >= hn::Lanes(d)) {
    auto low = hn::LoadU(d, pixels + count - hn::Lanes(d));
    for (; i + hn::Lanes(d) <= count; i += hn::Lanes(d)) low = hn::Min(low, hn::LoadU(d, pixels + i));
    least = hn::GetLane(hn::MinOfLanes(d, low));
    i = count;
  }
#endif
  for (; i < count; ++i) least = std::min(least, pixels[i]);
  return least;
}

void LeastOfStretches(const uint16_t* pixels, size_t count, size_t reach, uint16_t* least) {
  for (size_t begin = 0; begin < count; begin += 64) {
    const size_t from = begin - std::min(begin, reach), to = std::min(count, begin + 64 + reach);
    least[begin / 64] = LeastPixel(pixels + from, to - from);
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace dctprep
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace dctprep {

HWY_EXPORT(CorrectPixels);
HWY_EXPORT(SubtractPixels);
HWY_EXPORT(PixelsAtLeast);
HWY_EXPORT(LeastOfStretches);

std::uint16_t correct_pixels(const std::uint16_t* raw, const std::uint16_t* dark, float factor, std::size_t count,
                             std::uint16_t* corrected) noexcept {
  return HWY_DYNAMIC_DISPATCH(CorrectPixels)(raw, dark, factor, count, corrected);
}

void subtract_pixels(const std::uint16_t* frame, const std::uint16_t* background, std::int32_t offset,
                     std::size_t count, std::uint16_t* residual) noexcept {
  HWY_DYNAMIC_DISPATCH(SubtractPixels)(frame, background, offset, count, residual);
}

bool pixels_at_least(const std::uint16_t* pixels, std::uint16_t level, std::size_t count,
                     std::uint64_t* bits) noexcept {
  return HWY_DYNAMIC_DISPATCH(PixelsAtLeast)(pixels, level, count, bits);
}

void least_of_stretches(const std::uint16_t* pixels, std::size_t count, std::size_t reach,
                        std::uint16_t* least) noexcept {
  HWY_DYNAMIC_DISPATCH(LeastOfStretches)(pixels, count, reach, least);
}

}  // namespace dctprep
#endif  // HWY_ONCE
