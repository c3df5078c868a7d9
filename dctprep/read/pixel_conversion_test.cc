// SPDX-License-Identifier: BSD-3-Clause
#include "dctprep/read/pixel_conversion.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <gtest/gtest.h>
#include <limits>
#include <random>
#include <vector>

namespace dctprep {
namespace {

template <class T>
PixelType type_of(bool big_endian) {
  const PixelKind kind = std::is_floating_point_v<T> ? PixelKind::kFloat
                         : std::is_signed_v<T>       ? PixelKind::kSigned
                                                     : PixelKind::kUnsigned;
  return {.kind = kind, .bytes = sizeof(T), .big_endian = big_endian};
}

// The bytes of `values` in the given order, one byte off alignment.
template <class T>
std::vector<std::uint8_t> stored(const std::vector<T>& values, bool big_endian) {
  std::vector<std::uint8_t> bytes(1 + values.size() * sizeof(T));
  for (std::size_t i = 0; i < values.size(); ++i) {
    std::uint8_t one[sizeof(T)];
    std::memcpy(one, &values[i], sizeof(T));
    for (std::size_t b = 0; b < sizeof(T); ++b) bytes[1 + i * sizeof(T) + b] = one[big_endian ? sizeof(T) - 1 - b : b];
  }
  return bytes;
}

template <class T>
PixelChanges convert(const std::vector<T>& values, PixelType type, std::vector<std::uint16_t>& out,
                     std::vector<std::uint8_t>& markers) {
  const auto bytes = stored(values, type.big_endian);
  out.assign(values.size(), 7);
  markers.assign(values.size(), 9);
  PixelChanges changes;
  convert_pixels(std::span(bytes).subspan(1), type, out, markers, &changes);
  return changes;
}

std::uint64_t total(const PixelChanges& changes) {
  std::uint64_t pixels = 0;
  for (const PixelChanges::Count& count : changes.counts) pixels += count.pixels;
  return pixels;
}

template <class T>
class EveryType : public ::testing::Test {};
using Types = ::testing::Types<std::uint8_t, std::int8_t, std::uint16_t, std::int16_t, std::uint32_t, std::int32_t,
                               std::uint64_t, std::int64_t, float, double>;
TYPED_TEST_SUITE(EveryType, Types);

TYPED_TEST(EveryType, WholeNumbersOfEitherByteOrderStayWhatTheyAre) {
  using T = TypeParam;
  const double top =
      std::min<double>(65535, std::is_floating_point_v<T> ? 65535 : static_cast<double>(std::numeric_limits<T>::max()));
  std::mt19937 random(3);
  for (const std::size_t size : {0, 1, 3, 1023, 1024, 1025, 4099}) {
    std::vector<T> values(size);
    for (T& value : values) value = static_cast<T>(random() % (static_cast<unsigned>(top) + 1));
    if (size > 2) values[1] = static_cast<T>(top), values[2] = T(0);
    for (const bool big : {false, true}) {
      std::vector<std::uint16_t> out;
      std::vector<std::uint8_t> markers;
      EXPECT_EQ(total(convert(values, type_of<T>(big), out, markers)), 0u);
      for (std::size_t i = 0; i < size; ++i) ASSERT_EQ(static_cast<T>(out[i]), values[i]) << i;
      for (const std::uint8_t marker : markers) ASSERT_EQ(marker, 0);
    }
  }
}

// One value among pixels of 5, as every type has to read it.
template <class T>
struct Expected {
  T value;
  int out;
  PixelChange change;
};

template <class T>
std::vector<Expected<T>> odd_values() {
  using enum PixelChange;
  using Limits = std::numeric_limits<T>;
  std::vector<Expected<T>> odd;
  if constexpr (std::is_floating_point_v<T>) {
    odd = {{T(0.5), 1, kRounded},
           {T(0.25), 0, kRounded},
           {T(-0.25), 0, kRounded},
           {T(-1), 0, kMarked},
           {T(-2), 0, kMarked},
           {T(-0.75), 0, kBelow},
           {T(-3e9), 0, kBelow},
           {T(65535.25), 65535, kRounded},
           {T(65536), 65535, kAbove},
           {T(1e30), 65535, kAbove},
           {Limits::infinity(), 65535, kAbove},
           {-Limits::infinity(), 0, kBelow},
           {Limits::quiet_NaN(), 0, kMarked}};
  } else if constexpr (std::is_signed_v<T>) {
    odd = {{T(-1), 0, kMarked}, {T(-2), 0, kMarked}, {T(-3), 0, kBelow}, {Limits::min(), 0, kBelow}};
    if (sizeof(T) > 2) odd.push_back({static_cast<T>(65536), 65535, kAbove});
    if (sizeof(T) > 2) odd.push_back({Limits::max(), 65535, kAbove});
  } else if (sizeof(T) > 2) {
    odd = {{static_cast<T>(65536), 65535, kAbove},
           {static_cast<T>(Limits::max() - 2), 65535, kAbove},
           {static_cast<T>(Limits::max() - 1), 0, kMarked},
           {Limits::max(), 0, kMarked}};
    if (sizeof(T) == 8) odd.push_back({static_cast<T>(0xffffffffu), 65535, kAbove});
  }
  return odd;
}

TYPED_TEST(EveryType, OtherValuesBecomeTheNearestAndAreCounted) {
  using T = TypeParam;
  for (const Expected<T>& expected : odd_values<T>()) {
    for (const bool big : {false, true}) {
      std::vector<T> values(2100, T(5));
      values[1500] = values[2099] = expected.value;
      std::vector<std::uint16_t> out;
      std::vector<std::uint8_t> markers;
      const PixelChanges changes = convert(values, type_of<T>(big), out, markers);
      const bool marked = expected.change == PixelChange::kMarked;
      for (std::size_t i = 0; i < values.size(); ++i) {
        const bool odd = i == 1500 || i == 2099;
        ASSERT_EQ(out[i], odd ? expected.out : 5) << expected.value;
        ASSERT_EQ(markers[i], odd && marked ? 1 : 0) << expected.value;
      }
      EXPECT_EQ(total(changes), 2u);
      EXPECT_EQ(changes[expected.change].pixels, 2u) << expected.value;
      EXPECT_EQ(changes[expected.change].first, 1500u);
      const double value = static_cast<double>(expected.value);
      EXPECT_TRUE(std::isnan(value) ? std::isnan(changes[expected.change].value)
                                    : changes[expected.change].value == value);
    }
  }
}

TYPED_TEST(EveryType, MinusOneAndTwoAreNoiseBesideOtherNegativeValues) {
  using T = TypeParam;
  if constexpr (std::is_signed_v<T>) {
    std::vector<T> values(3100, T(5));
    values[0] = T(-1);
    values[1] = T(-7);
    values[1500] = values[3099] = T(-2);
    std::vector<std::uint16_t> out;
    std::vector<std::uint8_t> markers;
    const PixelChanges changes = convert(values, type_of<T>(true), out, markers);
    EXPECT_EQ(out[0] + out[1] + out[1500] + out[3099], 0);
    EXPECT_EQ(std::count(markers.begin(), markers.end(), 1), 0);
    EXPECT_EQ(total(changes), 4u);
    EXPECT_EQ(changes[PixelChange::kBelow].pixels, 4u);
    EXPECT_EQ(changes[PixelChange::kBelow].first, 0u);
    EXPECT_EQ(changes[PixelChange::kBelow].value, -1);
  }
}

TEST(PixelConversion, TheLargestUint16IsNoMarker) {
  std::vector<std::uint16_t> out;
  std::vector<std::uint8_t> markers;
  EXPECT_EQ(total(convert<std::uint16_t>({1, 65535, 3}, type_of<std::uint16_t>(true), out, markers)), 0u);
  EXPECT_EQ(out, (std::vector<std::uint16_t>{1, 65535, 3}));
  EXPECT_EQ(markers, (std::vector<std::uint8_t>{0, 0, 0}));
}

TEST(PixelConversion, MarkersAndCountsMayBeLeftOut) {
  const std::vector<std::uint8_t> bytes(8, 0xff);
  std::vector<std::uint16_t> out(2, 9);
  convert_pixels(bytes, {.bytes = 4}, out);
  EXPECT_EQ(out, (std::vector<std::uint16_t>{0, 0}));
}

TEST(PixelConversion, IgnoredPixelsAreReadButNotCounted) {
  const auto bytes = stored<std::int32_t>({70000, 80000, -5, 90000}, false);
  Image<std::uint8_t> ignored(2, 2, 0);
  ignored(0, 0) = 1;
  PixelChanges changes;
  changes.ignored = ignored;
  std::vector<std::uint16_t> out(4);
  convert_pixels(std::span(bytes).subspan(1), type_of<std::int32_t>(false), out, {}, &changes);
  EXPECT_EQ(out, (std::vector<std::uint16_t>{65535, 65535, 0, 65535}));
  EXPECT_EQ(changes[PixelChange::kAbove].pixels, 2u);
  EXPECT_EQ(changes[PixelChange::kAbove].first, 1u);
  EXPECT_EQ(changes[PixelChange::kAbove].value, 80000);
}

TEST(PixelConversion, NamesAndLargestValues) {
  EXPECT_EQ(pixel_type_name(type_of<std::uint8_t>(false)), "uint8");
  EXPECT_EQ(pixel_type_name(type_of<std::int32_t>(true)), "int32");
  EXPECT_EQ(pixel_type_name(type_of<double>(true)), "float64");
  EXPECT_EQ(pixel_type_max(type_of<std::uint8_t>(false)), 255);
  EXPECT_EQ(pixel_type_max(type_of<std::int8_t>(false)), 65535);
  EXPECT_EQ(pixel_type_max(type_of<std::uint16_t>(false)), 65535);
  EXPECT_FALSE(valid_pixel_type({.kind = PixelKind::kFloat, .bytes = 2}));
  EXPECT_FALSE(valid_pixel_type({.kind = PixelKind::kSigned, .bytes = 3}));
}

}  // namespace
}  // namespace dctprep
