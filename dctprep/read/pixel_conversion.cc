// SPDX-License-Identifier: BSD-3-Clause
#include "dctprep/read/pixel_conversion.h"

#include <algorithm>
#include <bit>
#include <concepts>
#include <cstring>
#include <fmt/format.h>
#include <type_traits>

#include "dctprep/base/assert.h"
#include "dctprep/base/error.h"

namespace dctprep {

namespace {

template <class T>
struct BitsOf {
  using type = std::make_unsigned_t<T>;
};
template <>
struct BitsOf<float> {
  using type = std::uint32_t;
};
template <>
struct BitsOf<double> {
  using type = std::uint64_t;
};

std::uint8_t swapped(std::uint8_t bits) { return bits; }
std::uint16_t swapped(std::uint16_t bits) { return __builtin_bswap16(bits); }
std::uint32_t swapped(std::uint32_t bits) { return __builtin_bswap32(bits); }
std::uint64_t swapped(std::uint64_t bits) { return __builtin_bswap64(bits); }

template <class T, bool kSwap>
T load(const std::uint8_t* stored, std::size_t i) {
  typename BitsOf<T>::type bits;
  std::memcpy(&bits, stored + i * sizeof(T), sizeof(T));
  if constexpr (kSwap) bits = swapped(bits);
  return std::bit_cast<T>(bits);
}

// Whether `value` is a whole number in 0 ... 65535 (false for NaN; -0 is 0).
template <class T>
bool is_plain(T value) {
  if constexpr (std::is_floating_point_v<T>) {
    const T kept = value >= T(0) && value <= T(65535) ? value : T(0);
    return static_cast<T>(static_cast<std::int32_t>(kept)) == value;
  } else {
    return (static_cast<std::make_unsigned_t<T>>(value) & ~std::make_unsigned_t<T>(0xffff)) == 0 &&
           (std::is_unsigned_v<T> || value >= T(0));
  }
}

template <class T>
bool is_marker(T value, bool negative_markers) {
  if constexpr (std::same_as<T, std::uint32_t>) return value == ~std::uint32_t{0};
  if constexpr (std::is_signed_v<T>) return negative_markers && (value == T(-1) || value == T(-2));
  return false;
}

// Short enough to stay in the first cache when a block is gone over a second time.
constexpr std::size_t kBlock = 1024;

template <class T, bool kSwap>
std::optional<OddPixel> convert(const std::uint8_t* stored, bool negative_markers, std::span<std::uint16_t> out,
                                std::span<std::uint8_t> markers) {
  for (std::size_t begin = 0; begin < out.size(); begin += kBlock) {
    const std::size_t end = std::min(out.size(), begin + kBlock);
    bool all_plain = true;
    for (std::size_t i = begin; i < end; ++i) {
      const T value = load<T, kSwap>(stored, i);
      const bool plain = is_plain(value);
      all_plain &= plain;
      out[i] = static_cast<std::uint16_t>(plain ? value : T(0));
    }
    if (all_plain) continue;
    for (std::size_t i = begin; i < end; ++i) {
      const T value = load<T, kSwap>(stored, i);
      if (is_plain(value)) continue;
      if (!is_marker(value, negative_markers)) return OddPixel{i, fmt::format("{}", value)};
      if (!markers.empty()) markers[i] = 1;
    }
  }
  return std::nullopt;
}

template <class T>
std::optional<OddPixel> convert(const std::uint8_t* stored, const PixelType& type, std::span<std::uint16_t> out,
                                std::span<std::uint8_t> markers) {
  const bool swap = type.big_endian != (std::endian::native == std::endian::big);
  return swap ? convert<T, true>(stored, type.negative_markers, out, markers)
              : convert<T, false>(stored, type.negative_markers, out, markers);
}

}  // namespace

bool valid_pixel_type(const PixelType& type) {
  if (type.kind == PixelKind::kFloat) return type.bytes == 4 || type.bytes == 8;
  return type.bytes == 1 || type.bytes == 2 || type.bytes == 4 || type.bytes == 8;
}

std::string pixel_type_name(const PixelType& type) {
  const char* kind = type.kind == PixelKind::kUnsigned ? "uint" : type.kind == PixelKind::kSigned ? "int" : "float";
  return fmt::format("{}{}", kind, type.bytes * 8);
}

int pixel_type_max(const PixelType& type) { return type.kind == PixelKind::kUnsigned && type.bytes == 1 ? 255 : 65535; }

std::optional<OddPixel> convert_pixels(std::span<const std::uint8_t> stored, const PixelType& type,
                                       std::span<std::uint16_t> out, std::span<std::uint8_t> markers) {
  DCTPREP_ASSERT(valid_pixel_type(type));
  DCTPREP_ASSERT(stored.size() == out.size() * static_cast<std::size_t>(type.bytes));
  DCTPREP_ASSERT(markers.empty() || markers.size() == out.size());
  std::fill(markers.begin(), markers.end(), std::uint8_t{0});
  const std::uint8_t* from = stored.data();
  if (type.kind == PixelKind::kFloat) {
    return type.bytes == 4 ? convert<float>(from, type, out, markers) : convert<double>(from, type, out, markers);
  }
  const bool is_signed = type.kind == PixelKind::kSigned;
  switch (type.bytes) {
    case 1:
      return is_signed ? convert<std::int8_t>(from, type, out, markers)
                       : convert<std::uint8_t>(from, type, out, markers);
    case 2:
      return is_signed ? convert<std::int16_t>(from, type, out, markers)
                       : convert<std::uint16_t>(from, type, out, markers);
    case 4:
      return is_signed ? convert<std::int32_t>(from, type, out, markers)
                       : convert<std::uint32_t>(from, type, out, markers);
    default:
      return is_signed ? convert<std::int64_t>(from, type, out, markers)
                       : convert<std::uint64_t>(from, type, out, markers);
  }
}

void fail_odd_pixel(const OddPixel& odd, int width, const std::string& frame_name) {
  const std::size_t columns = static_cast<std::size_t>(std::max(width, 1));
  fail(
      "{}: pixel v {}, u {} is {}, which is no whole number in 0 ... 65535; write the images anew with "
      "such values changed to numbers of that range (naming the pixel in scan.mask does not help: all are looked at)",
      frame_name, odd.index / columns, odd.index % columns, odd.value);
}

}  // namespace dctprep
