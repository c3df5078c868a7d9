// SPDX-License-Identifier: BSD-3-Clause
// The letters of pictures: strokes, so that they can be drawn in any size and direction.
#pragma once

#include <string_view>
#include <vector>

namespace dctprep::draw {

struct GlyphPoint {
  float x = 0, y = 0;  // y upwards from the baseline
};

// In units of which a capital letter is 9 high (10 with the width of its strokes). A stroke of one point is a dot.
struct Glyph {
  std::vector<std::vector<GlyphPoint>> strokes;
  float advance = 0;  // to the next letter
};

inline constexpr float kCapHeight = 9;
inline constexpr float kDescent = 3;
// Where the pen stands inside a glyph's advance: letters begin so far to the right of it.
inline constexpr float kSideBearing = 1.5F;

// A code point that the font lacks gives a hollow box.
const Glyph& glyph(char32_t code);

// The next character of `utf8`, which is shortened by it; a malformed byte counts as one unknown character.
char32_t next_character(std::string_view& utf8);

// The sum of the advances.
double text_units(std::string_view utf8);
// In pixels at `size` (canvas.h).
double text_width(std::string_view utf8, double size);

}  // namespace dctprep::draw
