// SPDX-License-Identifier: BSD-3-Clause
#include "dctprep/read/pixel_conversion.h"

#include <cmath>
#include <cstdlib>
#include <cstring>
#include <gtest/gtest.h>
#include <limits>
#include <random>
#include <vector>

#include "dctprep/base/error.h"

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
std::optional<OddPixel> convert(const std::vector<T>& values, PixelType type, std::vector<std::uint16_t>& out,
                                std::vector<std::uint8_t>& markers) {
  const auto bytes = stored(values, type.big_endian);
  out.assign(values.size(), 7);
  markers.assign(values.size(), 9);
  return convert_pixels(std::span(bytes).subspan(1), type, out, markers);
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
      EXPECT_FALSE(convert(values, type_of<T>(big), out, markers));
      for (std::size_t i = 0; i < size; ++i) ASSERT_EQ(static_cast<T>(out[i]), values[i]) << i;
      for (const std::uint8_t marker : markers) ASSERT_EQ(marker, 0);
    }
  }
}

TYPED_TEST(EveryType, TheFirstValueThatIsNoPixelIsNamed) {
  using T = TypeParam;
  std::vector<T> odd;
  if constexpr (std::is_floating_point_v<T>) {
    odd = {T(0.5),
           T(-1),
           T(-0.25),
           T(65536),
           T(65534.5),
           std::numeric_limits<T>::infinity(),
           -std::numeric_limits<T>::infinity(),
           std::nan(""),
           T(1e30),
           T(-3e9)};
  } else {
    if (std::is_signed_v<T>) odd = {T(-1), T(-2), T(-3), std::numeric_limits<T>::min()};
    if (sizeof(T) > 2)
      odd.insert(odd.end(), {static_cast<T>(65536), static_cast<T>(std::numeric_limits<T>::max() - 1)});
    if (sizeof(T) == 8)
      odd.insert(odd.end(),
                 {std::numeric_limits<T>::max(), static_cast<T>(0xffffffffu), static_cast<T>(std::uint64_t{1} << 32)});
  }
  for (const T value : odd) {
    for (const bool big : {false, true}) {
      std::vector<T> values(2100, T(5));
      values[1500] = value;
      values[1501] = value;
      std::vector<std::uint16_t> out;
      std::vector<std::uint8_t> markers;
      const auto found = convert(values, type_of<T>(big), out, markers);
      ASSERT_TRUE(found) << value;
      EXPECT_EQ(found->index, 1500u);
      const bool named = std::isnan(static_cast<double>(value))
                             ? found->value == "nan"
                             : static_cast<T>(std::strtold(found->value.c_str(), nullptr)) == value;
      EXPECT_TRUE(named) << found->value;
    }
  }
}

TYPED_TEST(EveryType, MinusOneAndTwoAreMarkersWhereTheFormatSaysSo) {
  using T = TypeParam;
  if constexpr (std::is_signed_v<T>) {
    std::vector<T> values(1100, T(5));
    values[0] = T(-1);
    values[1099] = T(-2);
    PixelType type = type_of<T>(true);
    type.negative_markers = true;
    std::vector<std::uint16_t> out;
    std::vector<std::uint8_t> markers;
    EXPECT_FALSE(convert(values, type, out, markers));
    for (std::size_t i = 0; i < values.size(); ++i) {
      const bool marked = i == 0 || i == 1099;
      ASSERT_EQ(out[i], marked ? 0 : 5);
      ASSERT_EQ(markers[i], marked ? 1 : 0);
    }
    values[7] = T(-3);
    const auto found = convert(values, type, out, markers);
    ASSERT_TRUE(found);
    EXPECT_EQ(found->index, 7u);
    EXPECT_EQ(found->value, "-3");
  }
}

TEST(PixelConversion, TheLargestUint32IsAMarkerAndTheLargestUint16IsNot) {
  std::vector<std::uint16_t> out;
  std::vector<std::uint8_t> markers;
  EXPECT_FALSE(convert<std::uint32_t>({1, 0xffffffffu, 3}, type_of<std::uint32_t>(false), out, markers));
  EXPECT_EQ(out, (std::vector<std::uint16_t>{1, 0, 3}));
  EXPECT_EQ(markers, (std::vector<std::uint8_t>{0, 1, 0}));
  EXPECT_FALSE(convert<std::uint16_t>({1, 65535, 3}, type_of<std::uint16_t>(true), out, markers));
  EXPECT_EQ(out, (std::vector<std::uint16_t>{1, 65535, 3}));
  EXPECT_EQ(markers, (std::vector<std::uint8_t>{0, 0, 0}));
}

TEST(PixelConversion, MarkersMayBeLeftOut) {
  const std::vector<std::uint8_t> bytes(8, 0xff);
  std::vector<std::uint16_t> out(2, 9);
  EXPECT_FALSE(convert_pixels(bytes, {.bytes = 4}, out));
  EXPECT_EQ(out, (std::vector<std::uint16_t>{0, 0}));
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

TEST(PixelConversion, TheErrorNamesFramePlaceAndValue) {
  try {
    fail_odd_pixel({.index = 23, .value = "-5"}, 10, "scan.h5: frame 17");
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(
        std::string(error.what()),
        "scan.h5: frame 17: pixel v 2, u 3 is -5, which is no whole number in 0 ... 65535; write the images anew with "
        "such values changed to numbers of that range (naming the pixel in scan.mask does not help: all are looked "
        "at)");
  }
}

}  // namespace
}  // namespace dctprep
