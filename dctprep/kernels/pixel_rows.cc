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
  const hn::Half<decltype(d16)> half;
  const hn::RepartitionToWide<decltype(d16)> d32;
  const hn::RebindToSigned<decltype(d32)> i32;
  const hn::RebindToFloat<decltype(d32)> f32;
  const auto scale = hn::Set(f32, factor);
  const auto most = hn::Set(f32, 65535.0f);
  const auto round = hn::Set(f32, kRound);
  const auto scaled = [&](auto narrow) {
    const auto value = hn::ConvertTo(f32, hn::BitCast(i32, hn::PromoteTo(d32, narrow)));
    const auto product = hn::Min(most, hn::Mul(value, scale));
    // After kRound is added, the low bits of the float are the number itself.
    const auto bits = hn::BitCast(d32, hn::Add(product, round));
    return hn::And(bits, hn::Set(d32, 0xFFFFu));
  };
  auto top = hn::Zero(d16);
  for (; i + hn::Lanes(d16) <= count; i += hn::Lanes(d16)) {
    auto value = hn::LoadU(d16, raw + i);
    top = hn::Max(top, value);
    if (dark != nullptr) value = hn::SaturatedSub(value, hn::LoadU(d16, dark + i));
    if (factor == 1.0f) {
      hn::StoreU(value, d16, corrected + i);
    } else {
      const auto low = scaled(hn::LowerHalf(half, value)), high = scaled(hn::UpperHalf(half, value));
      hn::StoreU(hn::TruncateTo(half, low), half, corrected + i);
      hn::StoreU(hn::TruncateTo(half, high), half, corrected + i + hn::Lanes(half));
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

// vector_level(d, i) and level(i): those of pixels from i on, and of pixel i.
template <class VectorLevel, class ScalarLevel>
HWY_INLINE bool MarkPixels(const uint16_t* pixels, size_t count, uint64_t* bits,
                           [[maybe_unused]] const VectorLevel& vector_level, const ScalarLevel& level) {
  uint64_t any = 0;
  size_t i = 0;
#if HWY_TARGET != HWY_SCALAR
  const hn::CappedTag<uint16_t, 64> d;
  for (; i + 64 <= count; i += 64) {
    uint64_t word = 0;
    for (size_t at = 0; at < 64; at += hn::Lanes(d)) {
      uint8_t bytes[8] = {0};
      hn::StoreMaskBits(d, hn::Not(hn::Lt(hn::LoadU(d, pixels + i + at), vector_level(d, i + at))), bytes);
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
    for (size_t at = 0; at < std::min<size_t>(64, count - i); ++at)
      word |= uint64_t{pixels[i + at] >= level(i + at)} << at;
    bits[i / 64] = word;
    any |= word;
  }
  return any != 0;
}

bool PixelsAtLeast(const uint16_t* pixels, uint16_t level, size_t count, uint64_t* bits) {
  return MarkPixels(
      pixels, count, bits, [=](auto d, size_t) HWY_ATTR { return hn::Set(d, level); }, [=](size_t) { return level; });
}

bool PixelsAtLeastEach(const uint16_t* pixels, const uint16_t* levels, size_t count, uint64_t* bits) {
  return MarkPixels(
      pixels, count, bits, [=](auto d, size_t i) HWY_ATTR { return hn::LoadU(d, levels + i); },
      [=](size_t i) { return levels[i]; });
}

}  // namespace HWY_NAMESPACE
}  // namespace dctprep
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace dctprep {

HWY_EXPORT(CorrectPixels);
HWY_EXPORT(SubtractPixels);
HWY_EXPORT(PixelsAtLeast);
HWY_EXPORT(PixelsAtLeastEach);

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

bool pixels_at_least(const std::uint16_t* pixels, const std::uint16_t* levels, std::size_t count,
                     std::uint64_t* bits) noexcept {
  return HWY_DYNAMIC_DISPATCH(PixelsAtLeastEach)(pixels, levels, count, bits);
}

}  // namespace dctprep
#endif  // HWY_ONCE
