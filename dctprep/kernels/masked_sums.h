// SPDX-License-Identifier: BSD-3-Clause
// Sums over the pixels of a row that a mask chooses, as the photometry of spots needs them.
#pragma once

#include <cstddef>
#include <cstdint>

namespace dctprep {

// Of a row of J' (`light`), B and o, |B + o| < 2^17, and what each pixel is to a spot: of its inside, of the ring round
// it, or nothing.
struct PhotometryRow {
  const std::uint16_t* light;
  const std::uint16_t* background;
  std::int32_t offset;
  const std::uint8_t* zone;     // kZoneInside, kZoneRing or any other value
  const std::uint8_t* claimed;  // not 0: left out
};
inline constexpr std::uint8_t kZoneInside = 1, kZoneRing = 2;

struct ZoneSums {
  std::int64_t count = 0;
  std::int64_t residual = 0;   // of light - background - offset
  std::int64_t corrected = 0;  // of light
};

// Sums of up to kMostRowsSummed rows, one a column.
struct ColumnSums {
  std::int32_t* count;
  std::int32_t* residual;
  std::int32_t* corrected;
};
inline constexpr std::size_t kMostRowsSummed = 8192;

// Adds the pixels of a row of `width` < 2^16 to `inside` and `ring`, and those inside to their columns, too.
void add_zones(const PhotometryRow& row, std::size_t width, ZoneSums& inside, ZoneSums& ring,
               const ColumnSums& columns) noexcept;

}  // namespace dctprep
