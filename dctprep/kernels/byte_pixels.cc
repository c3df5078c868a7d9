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
  const hn::Rebind<uint8_t, decltype(d16)> half8;
  const hn::CappedTag<uint8_t, 64> d8;
  const auto middle = hn::Set(d16, uint16_t{kMiddle});
  const auto most = hn::Set(d16, uint16_t{255});
  const auto one = hn::Set(d8, uint8_t{1}), two = hn::Set(d8, uint8_t{2});
  for (; i + 64 <= count; i += 64) {
    for (size_t at = i; at < i + 64; at += hn::Lanes(d16)) {
      const auto value = hn::LoadU(d16, values + at), reference = hn::LoadU(d16, references + at);
      const auto above = hn::SaturatedAdd(middle, hn::SaturatedSub(value, reference));
      const auto byte = hn::Min(most, hn::SaturatedSub(above, hn::SaturatedSub(reference, value)));
      // Below 256 a signed and an unsigned 16-bit number are the same.
      hn::StoreU(hn::DemoteTo(half8, hn::BitCast(hn::RebindToSigned<decltype(d16)>(), byte)), half8, bytes + at);
    }
    uint64_t word = 0;
    for (size_t at = 0; at < 64; at += hn::Lanes(d8)) {
      uint8_t bits[8] = {0};
      // One more makes of 255 and 0 the two smallest.
      hn::StoreMaskBits(d8, hn::Lt(hn::Add(hn::LoadU(d8, bytes + i + at), one), two), bits);
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

void BytesAtLeast(const uint8_t* bytes, const uint8_t* backgrounds, int level, size_t count, uint64_t* bits) {
  size_t i = 0;
#if HWY_TARGET != HWY_SCALAR
  const hn::CappedTag<uint8_t, 64> d8;
  const auto least = hn::Set(d8, static_cast<uint8_t>(level));
  for (; i + 64 <= count; i += 64) {
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
      word |= uint64_t{bytes[i + at] - backgrounds[i + at] >= level} << at;
    bits[i / 64] = word;
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

void bytes_at_least(const std::uint8_t* bytes, const std::uint8_t* backgrounds, int level, std::size_t count,
                    std::uint64_t* bits) noexcept {
  HWY_DYNAMIC_DISPATCH(BytesAtLeast)(bytes, backgrounds, level, count, bits);
}

}  // namespace dctprep
#endif  // HWY_ONCE
