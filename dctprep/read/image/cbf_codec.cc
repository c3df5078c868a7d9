// SPDX-License-Identifier: BSD-3-Clause
#include "dctprep/read/image/cbf_codec.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <limits>
#include <type_traits>

namespace dctprep {

namespace {

template <class T>
T load_little(const std::uint8_t* at) {
  std::make_unsigned_t<T> bits = 0;
  for (std::size_t i = sizeof(T); i-- > 0;) bits = static_cast<std::make_unsigned_t<T>>(bits << 8 | at[i]);
  return static_cast<T>(bits);
}

template <>
std::int8_t load_little<std::int8_t>(const std::uint8_t* at) {
  return static_cast<std::int8_t>(*at);
}

// The next difference; moves `at` behind it. False where the bytes end first.
bool next_difference(const std::uint8_t*& at, const std::uint8_t* end, std::int64_t& difference) {
  if (at == end) return false;
  difference = load_little<std::int8_t>(at++);
  if (difference != std::numeric_limits<std::int8_t>::min()) return true;
  if (end - at < 2) return false;
  difference = load_little<std::int16_t>(at);
  at += 2;
  if (difference != std::numeric_limits<std::int16_t>::min()) return true;
  if (end - at < 4) return false;
  difference = load_little<std::int32_t>(at);
  at += 4;
  if (difference != std::numeric_limits<std::int32_t>::min()) return true;
  if (end - at < 8) return false;
  difference = load_little<std::int64_t>(at);
  at += 8;
  return true;
}

template <class T>
bool decode(std::span<const std::uint8_t> packed, const PixelType& type, std::span<std::uint8_t> out) {
  const bool swap = type.big_endian != (std::endian::native == std::endian::big);
  const std::uint8_t* at = packed.data();
  const std::uint8_t* const end = at + packed.size();
  const std::size_t pixels = out.size() / sizeof(T);
  // Sums wrap in 64 bits, as those of a uint64 may.
  std::uint64_t sum = 0;
  for (std::size_t i = 0; i < pixels; ++i) {
    std::int64_t difference = 0;
    if (!next_difference(at, end, difference)) return false;
    sum += static_cast<std::uint64_t>(difference);
    const T value = static_cast<T>(sum);
    if constexpr (sizeof(T) < 8) {
      // Negative values pass in an unsigned type, too: some files call their -1 that, and it is a marker there as well.
      using Signed = std::make_signed_t<T>;
      const auto whole = static_cast<std::int64_t>(sum);
      const std::int64_t high = type.kind == PixelKind::kSigned
                                    ? static_cast<std::int64_t>(std::numeric_limits<Signed>::max())
                                    : static_cast<std::int64_t>(std::numeric_limits<T>::max());
      if (whole < std::numeric_limits<Signed>::min() || whole > high) return false;
    }
    std::memcpy(out.data() + i * sizeof(T), &value, sizeof(T));
    if (swap) std::reverse(out.data() + i * sizeof(T), out.data() + (i + 1) * sizeof(T));
  }
  return true;
}

}  // namespace

bool decode_byte_offset(std::span<const std::uint8_t> packed, const PixelType& type, std::span<std::uint8_t> out) {
  if (type.kind == PixelKind::kFloat) return false;
  switch (type.bytes) {
    case 1:
      return decode<std::uint8_t>(packed, type, out);
    case 2:
      return decode<std::uint16_t>(packed, type, out);
    case 4:
      return decode<std::uint32_t>(packed, type, out);
    default:
      return decode<std::uint64_t>(packed, type, out);
  }
}

}  // namespace dctprep
