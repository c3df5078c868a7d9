// SPDX-License-Identifier: BSD-3-Clause
// Stored pixels of any numeric type to the uint16 that the program computes with.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "dctprep/core/pixel_changes.h"

namespace dctprep {

enum class PixelKind : std::uint8_t { kUnsigned, kSigned, kFloat };

// How a pixel is stored.
struct PixelType {
  PixelKind kind = PixelKind::kUnsigned;
  int bytes = 2;  // 1, 2, 4 or 8; 4 or 8 where kFloat
  bool big_endian = false;

  friend bool operator==(const PixelType&, const PixelType&) = default;
};

// Whether `bytes` is one that `kind` can have.
bool valid_pixel_type(const PixelType& type);
// "uint8", "int32", "float64", ...
std::string pixel_type_name(const PixelType& type);
// FrameSource::type_max: 255 for uint8, else 65535.
int pixel_type_max(const PixelType& type);

// Converts `out.size()` pixels of one frame; `stored` holds out.size() * type.bytes bytes at any alignment, and does
// not overlap `out`. Whole numbers in 0 ... 65535 stay what they are. Markers of masked pixels become 0:
// - 4294967295 and 4294967294 of a uint32 (Eiger), and the two largest values of a uint64;
// - -1 and -2 of a signed type (Pilatus), unless the frame holds other negative values too: then they are noise;
// - NaN.
// (65535 of a uint16 is none: there it is a saturated pixel.) Numbers above 65535 become 65535, those below 0 become 0,
// fractions are rounded to the nearest, half upwards. `markers` is empty or of out.size(), and gets 1 at markers, 0
// elsewhere. `changes`, where not null, counts what was altered.
void convert_pixels(std::span<const std::uint8_t> stored, const PixelType& type, std::span<std::uint16_t> out,
                    std::span<std::uint8_t> markers = {}, PixelChanges* changes = nullptr);

}  // namespace dctprep
