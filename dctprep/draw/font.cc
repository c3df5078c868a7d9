// SPDX-License-Identifier: BSD-3-Clause
#include "dctprep/draw/font.h"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <map>
#include <string>
#include <unordered_map>

namespace dctprep::draw {

namespace {

// A glyph's width and its strokes, parted by '|'. L: corners of a line. S: control points of a spline of conic arcs
// that begins at the first and ends at the last. C: the same, closed. D: a dot.
struct Drawing {
  char32_t code;
  float width;
  const char* strokes;
};

constexpr Drawing kDrawings[] = {
    {U' ', 1, ""},
    {U'!', 0, "L0 9 0 3|D0 0"},
    {U'"', 2.5F, "L0 9 0 6.5|L2.5 9 2.5 6.5"},
    {U'#', 7, "L2 0 3.5 9|L5 0 6.5 9|L0.5 3 7 3|L0 6 7.5 6"},
    {U'$', 6, "S6 7.3 5 8 3 8 0 8 0 6.3 0 4.9 3 4.4 6.3 3.9 6.3 2.2 6.3 0.5 3 0.5 1 0.5 0 1.4|L3 9.5 3 -1"},
    {U'%', 9, "C0 5 3.6 5 3.6 9 0 9|C5.4 0 9 0 9 4 5.4 4|L1.8 0 7.2 9"},
    {U'&', 7, "S7 0 1.3 5.8 1.3 7.1 1.3 9 3.2 9 5 9 5 7.4 5 6 2.5 4.8 0 3.6 0 2.2 0 0 3 0 6 0 6.6 4.5"},
    {U'\'', 0, "L0 9 0 6.5"},
    {U'(', 2, "S2.4 10.5 0 8 0 4 0 0 2.4 -2.5"},
    {U')', 2, "S-0.4 10.5 2 8 2 4 2 0 -0.4 -2.5"},
    {U'*', 5, "L2.5 9 2.5 4|L0.3 7.8 4.7 5.2|L0.3 5.2 4.7 7.8"},
    {U'+', 6, "L0 4 6 4|L3 1 3 7"},
    {U',', 0, "L0.2 0.4 -0.8 -2"},
    {U'-', 3, "L0 3 3 3"},
    {U'.', 0, "D0 0"},
    {U'/', 4, "L0 -1 4 9.5"},
    {U'0', 6, "C0 0 6 0 6 9 0 9"},
    {U'1', 6, "L0.8 7.6 3.5 9 3.5 0|L0.8 0 6.2 0"},
    {U'2', 6, "S0.2 7.5 0.6 9 3 9 5.8 9 5.8 6.8 5.8 5.2 3.6 3.3|L3.6 3.3 0 0 6 0"},
    {U'3', 6, "S0.2 8 1.2 9 2.8 9 5.6 9 5.6 6.9 5.6 4.9 2.2 4.9|S2.2 4.9 6 4.9 6 2.5 6 0 2.8 0 1 0 0 1"},
    {U'4', 6, "L5 0 5 9 0 3 6.8 3"},
    {U'5', 6, "L5.5 9 1 9 0.5 4.8|S0.5 4.8 1.5 5.6 3 5.6 6 5.6 6 2.8 6 0 2.8 0 1 0 0 1"},
    {U'6', 6, "S5.5 8.3 4.6 9 3.6 9 0 9 0 4 0 3.4 0 2.8|C0 0 6 0 6 2.8 6 5.6 0 5.6 0 2.8"},
    {U'7', 6, "L0 9 6 9 2 0"},
    {U'8', 6, "C0.4 4.8 5.6 4.8 5.6 9 0.4 9|C0 0 6 0 6 4.8 0 4.8"},
    {U'9', 6, "S0.5 0.7 1.4 0 2.4 0 6 0 6 5 6 5.6 6 6.2|C6 9 0 9 0 6.2 0 3.4 6 3.4 6 6.2"},
    {U':', 0, "D0 0|D0 5"},
    {U';', 0, "L0.2 0.4 -0.8 -2|D0 5"},
    {U'<', 6, "L6 7 0 4 6 1"},
    {U'=', 6, "L0 5 6 5|L0 2 6 2"},
    {U'>', 6, "L0 7 6 4 0 1"},
    {U'?', 5, "S0 7 0 9 2.5 9 5 9 5 7 5 5.6 2.5 4.6 2.5 2.8|D2.5 0"},
    {U'@', 10, "S7.5 3 7.5 1 8.6 1 10 1 10 4 10 9 5 9 0 9 0 4 0 -2 5.5 -2 7.5 -2 8.5 -1|C2.8 1 7.5 1 7.5 6.2 2.8 6.2"},
    {U'A', 7, "L0 0 3.5 9 7 0|L1.2 3 5.8 3"},
    {U'B', 6, "L0 0 0 9|S0 9 3 9 6 9 6 7 6 5 3 5 0 5|S0 5 3 5 6.5 5 6.5 2.5 6.5 0 3 0 0 0"},
    {U'C', 7, "S7 7.4 6 9 4 9 0 9 0 4.5 0 0 4 0 6 0 7 1.6"},
    {U'D', 7, "L0 0 0 9|S0 9 3 9 7 9 7 4.5 7 0 3 0 0 0"},
    {U'E', 5.5F, "L5.5 9 0 9 0 0 5.5 0|L0 5 5 5"},
    {U'F', 5, "L5.5 9 0 9 0 0|L0 5 5 5"},
    {U'G', 7, "S7 7.4 6 9 4 9 0 9 0 4.5 0 0 4 0 6 0 7 1|L7 1 7 4 4 4"},
    {U'H', 7, "L0 0 0 9|L7 0 7 9|L0 5 7 5"},
    {U'I', 0, "L0 0 0 9"},
    {U'J', 3, "S3 9 3 2.5 3 0 1 0 0.2 0 -0.6 0.4"},
    {U'K', 6, "L0 0 0 9|L6 9 0 3.5|L2.1 5.4 6.5 0"},
    {U'L', 5, "L0 9 0 0 5.5 0"},
    {U'M', 8, "L0 0 0 9 4 3 8 9 8 0"},
    {U'N', 7, "L0 0 0 9 7 0 7 9"},
    {U'O', 8, "C0 0 8 0 8 9 0 9"},
    {U'P', 6, "L0 0 0 9|S0 9 3 9 6.2 9 6.2 6.5 6.2 4 3 4 0 4"},
    {U'Q', 8, "C0 0 8 0 8 9 0 9|L5 2.5 8 -1"},
    {U'R', 6, "L0 0 0 9|S0 9 3 9 6.2 9 6.2 6.5 6.2 4 3 4 0 4|L3 4 6.5 0"},
    {U'S', 6, "S6 7.8 5 9 3 9 0 9 0 7 0 5.4 3 4.8 6.3 4.2 6.3 2.3 6.3 0 3 0 1 0 0 1.2"},
    {U'T', 8, "L0 9 8 9|L4 0 4 9"},
    {U'U', 7, "S0 9 0 3 0 0 3.5 0 7 0 7 3 7 9"},
    {U'V', 7, "L0 9 3.5 0 7 9"},
    {U'W', 10, "L0 9 2.5 0 5 8 7.5 0 10 9"},
    {U'X', 7, "L0 0 7 9|L0 9 7 0"},
    {U'Y', 7, "L0 9 3.5 4.2 7 9|L3.5 4.2 3.5 0"},
    {U'Z', 7, "L0 9 7 9 0 0 7 0"},
    {U'[', 2, "L2.5 10.5 0 10.5 0 -2.5 2.5 -2.5"},
    {U'\\', 4, "L0 9.5 4 -1"},
    {U']', 2, "L-0.5 10.5 2 10.5 2 -2.5 -0.5 -2.5"},
    {U'^', 5, "L0 6 2.5 9 5 6"},
    {U'_', 5, "L-0.5 -2 5.5 -2"},
    {U'`', 2, "L0 9 2 7.5"},
    {U'a', 5, "S0.4 5.2 1.3 6 2.6 6 5 6 5 4 5 3 5 0|S5 3.5 2.5 3.5 0 3.5 0 1.8 0 0 2 0 4 0 5 2"},
    {U'b', 5, "L0 0 0 9|C0 0 5 0 5 6 0 6"},
    {U'c', 4.5F, "S4.8 5 4 6 2.7 6 0 6 0 3 0 0 2.7 0 4 0 4.8 1"},
    {U'd', 5, "L5 0 5 9|C0 0 5 0 5 6 0 6"},
    {U'e', 5, "L0 3.1 5 3.1|S5 3.1 5 6 2.6 6 0 6 0 3 0 0 2.8 0 4.2 0 5 1"},
    {U'f', 2.5F, "S4 9 3.5 9 1.5 9 1.5 7 1.5 6 1.5 0|L-0.4 6 3.6 6"},
    {U'g', 5, "S5 6 5 0 5 -3 2.4 -3 1 -3 0.4 -2.4|C0 0 5 0 5 6 0 6"},
    {U'h', 5, "L0 0 0 9|S0 3.5 0 6 2.7 6 5 6 5 3.5 5 0"},
    {U'i', 0, "L0 0 0 6|D0 8.6"},
    {U'j', 1, "S1 6 1 -1 1 -3 -0.8 -3|D1 8.6"},
    {U'k', 4.5F, "L0 0 0 9|L4.6 6 0 2|L1.6 3.4 5 0"},
    {U'l', 1, "S0 9 0 1.5 0 0 1.4 0"},
    {U'm', 8, "L0 0 0 6|S0 3.8 0 6 2.1 6 4 6 4 3.8 4 0|S4 3.8 4 6 6.1 6 8 6 8 3.8 8 0"},
    {U'n', 5, "L0 0 0 6|S0 3.5 0 6 2.7 6 5 6 5 3.5 5 0"},
    {U'o', 5.4F, "C0 0 5.4 0 5.4 6 0 6"},
    {U'p', 5, "L0 6 0 -3|C0 0 5 0 5 6 0 6"},
    {U'q', 5, "L5 6 5 -3|C0 0 5 0 5 6 0 6"},
    {U'r', 2.5F, "L0 0 0 6|S0 3.2 0 6 2.2 6 3.2 6"},
    {U's', 4.5F, "S4.2 5.1 3.5 6 2.2 6 0.2 6 0.2 4.6 0.2 3.4 2.2 3 4.6 2.5 4.6 1.4 4.6 0 2.2 0 0.8 0 0 1"},
    {U't', 3, "S1.5 8.5 1.5 2 1.5 0 3.2 0 3.8 0|L-0.2 6 3.7 6"},
    {U'u', 5, "S0 6 0 2.5 0 0 2.3 0 5 0 5 2.5|L5 6 5 0"},
    {U'v', 5, "L0 6 2.5 0 5 6"},
    {U'w', 8, "L0 6 2 0 4 5.5 6 0 8 6"},
    {U'x', 5, "L0 0 5 6|L0 6 5 0"},
    {U'y', 5, "L0 6 2.6 0|S5 6 2.6 0 1.4 -3 -0.3 -3"},
    {U'z', 4.6F, "L0 6 4.6 6 0 0 4.6 0"},
    {U'{', 3, "S3.2 10.5 1.5 10.5 1.5 8.5 1.5 6 1.5 4 0 4|S0 4 1.5 4 1.5 2 1.5 -0.5 1.5 -2.5 3.2 -2.5"},
    {U'|', 0, "L0 10.5 0 -2.5"},
    {U'}', 3, "S-0.2 10.5 1.5 10.5 1.5 8.5 1.5 6 1.5 4 3 4|S3 4 1.5 4 1.5 2 1.5 -0.5 1.5 -2.5 -0.2 -2.5"},
    {U'~', 6, "S0 3.4 0.6 5 2 5 3 5 4 3.6 5 3 5.8 4 6 5"},
    {U'°', 3, "C0 6 3 6 3 9 0 9"},
    {U'±', 6, "L0 5 6 5|L3 2 3 8|L0 0 6 0"},
    {U'µ', 5, "L0 -3 0 6|S0 2.5 0 0 2.3 0 5 0 5 2.5|L5 6 5 0"},
    {U'μ', 5, "L0 -3 0 6|S0 2.5 0 0 2.3 0 5 0 5 2.5|L5 6 5 0"},
    {U'·', 1, "D0.5 3.5"},
    {U'×', 5, "L0 1.5 5 6.5|L0 6.5 5 1.5"},
    {U'−', 6, "L0 4 6 4"},
    {U'–', 6, "L0 3 6 3"},
    {U'≤', 6, "L6 8 0 5 6 2|L0 0 6 0"},
    {U'≥', 6, "L0 8 6 5 0 2|L0 0 6 0"},
    {U'…', 7, "D0 0|D3.5 0|D7 0"},
    {U'→', 8, "L0 4 8 4|L5 7 8 4 5 1"},
    {U'₁', 4, "L0.6 3.2 2.4 4 2.4 -2"},
    {U'₀', 4, "C0 -2 4 -2 4 1 4 4 0 4 0 1"},
    {U'Δ', 7, "L0 0 3.5 9 7 0 0 0"},
    {U'Σ', 6, "L6 9 0 9 3.5 4.5 0 0 6 0"},
    {U'Ω', 8, "S0 0 3 0|S3 0 0 2 0 5 0 9 4 9 8 9 8 5 8 2 5 0|L5 0 8 0"},
    {U'η', 5, "L0 0 0 6|S0 3.5 0 6 2.7 6 5 6 5 3.5 5 0 5 -3"},
    {U'θ', 5, "C0 0 5 0 5 9 0 9|L0.1 4.5 4.9 4.5"},
    {U'σ', 5.4F, "C0 0 5.4 0 5.4 6 0 6|L2.7 6 6.4 6"},
    {U'τ', 5, "L0 6 5 6|S2.5 6 2.5 2 2.5 0 4.5 0"},
    {U'ω', 8, "S1.8 6 0 5 0 2.6 0 0 2.2 0 4 0 4 2.2 4 3 4 4|S6.2 6 8 5 8 2.6 8 0 5.8 0 4 0 4 2.2 4 3 4 4"},
};

constexpr Drawing kUnknown{0, 6, "L0 0 6 0 6 9 0 9 0 0"};

struct Superscript {
  char32_t code;
  char32_t base;
};
constexpr Superscript kSuperscripts[] = {{U'⁰', U'0'}, {U'¹', U'1'}, {U'²', U'2'}, {U'³', U'3'},
                                         {U'⁴', U'4'}, {U'⁵', U'5'}, {U'⁶', U'6'}, {U'⁷', U'7'},
                                         {U'⁸', U'8'}, {U'⁹', U'9'}, {U'⁻', U'−'}};
constexpr float kSuperscriptScale = 0.68F;
constexpr float kSuperscriptRise = 4.5F;

using Stroke = std::vector<GlyphPoint>;

GlyphPoint between(GlyphPoint a, GlyphPoint b) { return {(a.x + b.x) / 2, (a.y + b.y) / 2}; }

// The conic arc from `a` to `b` with control point `c`, without its first point; at a right angle, a quarter ellipse.
void add_arc(Stroke& stroke, GlyphPoint a, GlyphPoint c, GlyphPoint b) {
  constexpr int kSteps = 6;
  constexpr float kWeight = 0.70710678F;
  for (int i = 1; i <= kSteps; ++i) {
    const float t = static_cast<float>(i) / kSteps;
    const float s = 1 - t;
    const float middle = 2 * s * t * kWeight;
    const float sum = s * s + middle + t * t;
    stroke.push_back(
        {(s * s * a.x + middle * c.x + t * t * b.x) / sum, (s * s * a.y + middle * c.y + t * t * b.y) / sum});
  }
}

Stroke spline(const Stroke& control, bool closed) {
  const std::size_t n = control.size();
  Stroke stroke;
  if (closed) {
    stroke.push_back(between(control[n - 1], control[0]));
    for (std::size_t i = 0; i < n; ++i) {
      add_arc(stroke, stroke.back(), control[i], between(control[i], control[(i + 1) % n]));
    }
    return stroke;
  }
  stroke.push_back(control.front());
  for (std::size_t i = 1; i + 1 < n; ++i) {
    const GlyphPoint end = i + 2 == n ? control[n - 1] : between(control[i], control[i + 1]);
    add_arc(stroke, stroke.back(), control[i], end);
  }
  if (n == 2) stroke.push_back(control.back());
  return stroke;
}

Glyph trace(const Drawing& drawing) {
  Glyph traced;
  traced.advance = drawing.width + 2 * kSideBearing;
  const char* at = drawing.strokes;
  while (*at != '\0') {
    const char kind = *at++;
    Stroke points;
    while (*at != '\0' && *at != '|') {
      char* end = nullptr;
      GlyphPoint point;
      point.x = std::strtof(at, &end);
      point.y = std::strtof(end, &end);
      points.push_back(point);
      at = end;
    }
    if (*at == '|') ++at;
    traced.strokes.push_back(kind == 'S' || kind == 'C' ? spline(points, kind == 'C') : points);
  }
  return traced;
}

std::unordered_map<char32_t, Glyph> trace_all() {
  std::unordered_map<char32_t, Glyph> glyphs;
  for (const Drawing& drawing : kDrawings) glyphs[drawing.code] = trace(drawing);
  glyphs[0] = trace(kUnknown);
  for (const Superscript& superscript : kSuperscripts) {
    Glyph small = glyphs.at(superscript.base);
    small.advance = (small.advance - 0.6F) * kSuperscriptScale;
    for (Stroke& stroke : small.strokes) {
      for (GlyphPoint& point : stroke) {
        point = {point.x * kSuperscriptScale - 0.4F, point.y * kSuperscriptScale + kSuperscriptRise};
      }
    }
    glyphs[superscript.code] = small;
  }
  return glyphs;
}

}  // namespace

const Glyph& glyph(char32_t code) {
  static const std::unordered_map<char32_t, Glyph> glyphs = trace_all();
  const auto found = glyphs.find(code);
  return found == glyphs.end() ? glyphs.at(0) : found->second;
}

char32_t next_character(std::string_view& utf8) {
  const auto first = static_cast<std::uint8_t>(utf8.front());
  std::size_t length = 0;
  char32_t code = 0;
  if (first < 0x80) {
    length = 1;
    code = first;
  } else if ((first & 0xE0) == 0xC0) {
    length = 2;
    code = first & 0x1F;
  } else if ((first & 0xF0) == 0xE0) {
    length = 3;
    code = first & 0x0F;
  } else if ((first & 0xF8) == 0xF0) {
    length = 4;
    code = first & 0x07;
  }
  bool sound = length > 0 && length <= utf8.size();
  for (std::size_t i = 1; sound && i < length; ++i) {
    const auto next = static_cast<std::uint8_t>(utf8[i]);
    sound = (next & 0xC0) == 0x80;
    code = (code << 6) | (next & 0x3F);
  }
  utf8.remove_prefix(sound ? length : 1);
  return sound ? code : 0;
}

double text_units(std::string_view utf8) {
  double units = 0;
  while (!utf8.empty()) units += glyph(next_character(utf8)).advance;
  return units;
}

double text_width(std::string_view utf8, double size) { return text_units(utf8) * size; }

}  // namespace dctprep::draw
