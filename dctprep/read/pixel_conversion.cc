// SPDX-License-Identifier: BSD-3-Clause
#include "dctprep/read/pixel_conversion.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <fmt/format.h>
#include <type_traits>
#include <vector>

#include "dctprep/base/assert.h"

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

// Markers whatever else the frame holds.
template <class T>
bool is_marker(T value) {
  if constexpr (std::is_floating_point_v<T>) return std::isnan(value);
  if constexpr (std::is_unsigned_v<T> && sizeof(T) >= 4) return value >= static_cast<T>(~T{0} - 1);
  return false;
}

// Markers where no other negative value is in the frame.
template <class T>
bool may_be_marker(T value) {
  if constexpr (std::is_signed_v<T>) return value == T(-1) || value == T(-2);
  return false;
}

// Short enough to stay in the first cache when a block is gone over a second time.
constexpr std::size_t kBlock = 1024;

// One frame of T. Blocks of plain pixels, which nearly all are, are gone over once.
template <class T, bool kSwap>
class Conversion {
 public:
  Conversion(const std::uint8_t* stored, std::span<std::uint16_t> out, std::span<std::uint8_t> markers,
             PixelChanges* changes)
      : stored_(stored), out_(out), markers_(markers), changes_(changes) {}

  void run() {
    for (std::size_t begin = 0; begin < out_.size(); begin += kBlock) {
      const std::size_t end = std::min(out_.size(), begin + kBlock);
      bool all_plain = true;
      for (std::size_t i = begin; i < end; ++i) {
        const T value = load<T, kSwap>(stored_, i);
        const bool plain = is_plain(value);
        all_plain &= plain;
        out_[i] = static_cast<std::uint16_t>(plain ? value : T(0));
      }
      if (!all_plain) convert_odd(begin, end);
    }
    for (const std::size_t begin : undecided_) decide(begin, std::min(out_.size(), begin + kBlock));
  }

 private:
  void convert_odd(std::size_t begin, std::size_t end) {
    bool undecided = false;
    for (std::size_t i = begin; i < end; ++i) {
      const T value = load<T, kSwap>(stored_, i);
      if (is_plain(value)) continue;
      if (is_marker(value)) {
        mark(i, value);
      } else if (may_be_marker(value)) {
        undecided = true;
      } else {
        noise_below_zero_ |= std::is_signed_v<T> && value < T(0);
        out_[i] = nearest(i, value);
      }
    }
    if (undecided) undecided_.push_back(begin);
  }

  std::uint16_t nearest(std::size_t i, T value) {
    double number = static_cast<double>(value);
    if constexpr (std::is_floating_point_v<T>) number = std::floor(number + 0.5);
    const PixelChange change = number > 65535 ? PixelChange::kAbove
                               : number < 0   ? PixelChange::kBelow
                                              : PixelChange::kRounded;
    count(change, i, value);
    return static_cast<std::uint16_t>(std::clamp(number, 0.0, 65535.0));
  }

  // What -1 and -2 are, once the whole frame has been seen. They have been read as 0.
  void decide(std::size_t begin, std::size_t end) {
    for (std::size_t i = begin; i < end; ++i) {
      const T value = load<T, kSwap>(stored_, i);
      if (!may_be_marker(value)) continue;
      if (noise_below_zero_) {
        count(PixelChange::kBelow, i, value);
      } else {
        mark(i, value);
      }
    }
  }

  void mark(std::size_t i, T value) {
    if (!markers_.empty()) markers_[i] = 1;
    count(PixelChange::kMarked, i, value);
  }

  void count(PixelChange change, std::size_t i, T value) {
    if (changes_ != nullptr) changes_->add(change, i, static_cast<double>(value));
  }

  const std::uint8_t* stored_;
  std::span<std::uint16_t> out_;
  std::span<std::uint8_t> markers_;
  PixelChanges* changes_;
  bool noise_below_zero_ = false;
  std::vector<std::size_t> undecided_;  // where blocks with -1 or -2 begin
};

template <class T>
void convert(const std::uint8_t* stored, const PixelType& type, std::span<std::uint16_t> out,
             std::span<std::uint8_t> markers, PixelChanges* changes) {
  if (type.big_endian != (std::endian::native == std::endian::big)) {
    Conversion<T, true>(stored, out, markers, changes).run();
  } else {
    Conversion<T, false>(stored, out, markers, changes).run();
  }
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

void convert_pixels(std::span<const std::uint8_t> stored, const PixelType& type, std::span<std::uint16_t> out,
                    std::span<std::uint8_t> markers, PixelChanges* changes) {
  DCTPREP_ASSERT(valid_pixel_type(type));
  DCTPREP_ASSERT(stored.size() == out.size() * static_cast<std::size_t>(type.bytes));
  DCTPREP_ASSERT(markers.empty() || markers.size() == out.size());
  DCTPREP_ASSERT(changes == nullptr || changes->ignored.empty() || changes->ignored.size() == out.size());
  std::fill(markers.begin(), markers.end(), std::uint8_t{0});
  const auto as = [&]<class T>(T) { convert<T>(stored.data(), type, out, markers, changes); };
  if (type.kind == PixelKind::kFloat) return type.bytes == 4 ? as(float{}) : as(double{});
  const bool is_signed = type.kind == PixelKind::kSigned;
  switch (type.bytes) {
    case 1:
      return is_signed ? as(std::int8_t{}) : as(std::uint8_t{});
    case 2:
      return is_signed ? as(std::int16_t{}) : as(std::uint16_t{});
    case 4:
      return is_signed ? as(std::int32_t{}) : as(std::uint32_t{});
    default:
      return is_signed ? as(std::int64_t{}) : as(std::uint64_t{});
  }
}

}  // namespace dctprep
