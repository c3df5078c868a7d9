// SPDX-License-Identifier: BSD-3-Clause
// The colours of pictures.
#pragma once

#include <array>
#include <cstdint>

namespace dctprep::draw {

struct Colour {
  std::uint8_t r = 0, g = 0, b = 0;
  friend bool operator==(const Colour&, const Colour&) = default;
};

inline constexpr Colour kWhite{255, 255, 255};
inline constexpr Colour kBlack{0, 0, 0};
inline constexpr Colour kInk{38, 38, 43};         // text and axes
inline constexpr Colour kFaint{120, 120, 128};    // secondary text
inline constexpr Colour kGrid{226, 226, 230};     // grid lines
inline constexpr Colour kNothing{247, 247, 248};  // plots without data
inline constexpr Colour kSpotMark{255, 84, 24};   // outlines of spots, seen on grey and on white
inline constexpr Colour kNoData{196, 170, 196};   // pixels that hold NaN

// Line colours that remain apart for colour-blind readers (Okabe and Ito, 2008, "Color Universal Design").
inline constexpr Colour kBlue{0, 114, 178};
inline constexpr Colour kOrange{230, 159, 0};
inline constexpr Colour kGreen{0, 158, 115};
inline constexpr Colour kVermilion{213, 94, 0};
inline constexpr Colour kSky{86, 180, 233};
inline constexpr Colour kPurple{204, 121, 167};
inline constexpr std::array<Colour, 6> kSeriesColours{kBlue, kVermilion, kGreen, kPurple, kOrange, kSky};

}  // namespace dctprep::draw
