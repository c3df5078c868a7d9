// SPDX-License-Identifier: BSD-3-Clause
// Stored pixels of any numeric type to the uint16 that the program computes with.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>

namespace dctprep {

enum class PixelKind : std::uint8_t { kUnsigned, kSigned, kFloat };

// How a pixel is stored.
struct PixelType {
  PixelKind kind = PixelKind::kUnsigned;
  int bytes = 2;  // 1, 2, 4 or 8; 4 or 8 where kFloat
  bool big_endian = false;
  // -1 and -2 mark masked pixels: Pilatus, in CBF, TIFF and EDF. In HDF5 they are refused like every other negative
  // value.
  bool negative_markers = false;

  friend bool operator==(const PixelType&, const PixelType&) = default;
};

// Whether `bytes` is one that `kind` can have.
bool valid_pixel_type(const PixelType& type);
// "uint8", "int32", "float64", ...
std::string pixel_type_name(const PixelType& type);
// FrameSource::type_max: 255 for uint8, else 65535.
int pixel_type_max(const PixelType& type);

// A pixel that cannot be taken: its place in the span, and its value as text.
struct OddPixel {
  std::size_t index = 0;
  std::string value;
};

// Converts `out.size()` pixels; `stored` holds out.size() * type.bytes bytes at any alignment, and does not overlap
// `out`. Every value must be a whole number in 0 ... 65535. Markers of masked pixels become 0: 4294967295 of a uint32
// (Eiger), and -1 and -2 where `type.negative_markers`. (65535 of a uint16 is none: there it is a saturated pixel.)
// `markers` is empty or of out.size(), and gets 1 at markers, 0 elsewhere. Returns the first pixel that is anything
// else, or nothing; `out` is undefined behind it.
std::optional<OddPixel> convert_pixels(std::span<const std::uint8_t> stored, const PixelType& type,
                                       std::span<std::uint16_t> out, std::span<std::uint8_t> markers = {});

// Throws the Error of an odd pixel of the frame that a user knows as `frame_name`, `width` pixels wide; `odd.index`
// counts from the frame's first pixel.
[[noreturn]] void fail_odd_pixel(const OddPixel& odd, int width, const std::string& frame_name);

}  // namespace dctprep
