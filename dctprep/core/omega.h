// SPDX-License-Identifier: BSD-3-Clause
// What the rotation angles of a scan make together.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "dctprep/base/fields.h"

namespace dctprep {

// Where the angles come from. kUnknown: nobody says, and every angle is NaN.
enum class OmegaSource : std::uint8_t { kUnknown, kGiven, kCommanded, kRecorded };
template <>
struct EnumNames<OmegaSource> {
  static constexpr std::array<std::string_view, 4> names{"unknown", "given", "commanded", "recorded"};
};
constexpr std::string_view name_of(OmegaSource source) {
  return EnumNames<OmegaSource>::names[static_cast<std::size_t>(source)];
}

// Frames [first, last] through which omega moves steadily. Between two sweeps it jumps or turns round: no median
// window, blob or interpolation crosses from one into the other.
struct Sweep {
  int first = 0;
  int last = 0;
  int frames() const { return last - first + 1; }
  friend bool operator==(const Sweep&, const Sweep&) = default;
};

// The median size of the steps between neighbours, all finite; 0 where there are none.
double usual_step(std::span<const double> omega);

// Cuts where a step differs from the usual one by more than half of it, or turns back. One sweep where there are fewer
// than two angles, or where one is not finite.
std::vector<Sweep> steady_sweeps(std::span<const double> omega);

// The sweep that holds frame `k`; [-1, -1] where none does.
inline Sweep sweep_at(std::span<const Sweep> sweeps, int k) {
  for (const Sweep& sweep : sweeps) {
    if (sweep.first <= k && k <= sweep.last) return sweep;
  }
  return {-1, -1};
}

// Of one steady sweep over two or more whole turns: its turns, each without what lies beyond the last whole one. Empty
// for anything else.
std::vector<Sweep> whole_turns(std::span<const double> omega);

// |omega[D-1] - omega[0]|, the step |omega[D-1] - omega[0]| / (D-1), and their sum: the turn that the D frames cover,
// in degrees. All 0 where there are fewer than two angles, NaN where they are unknown.
struct OmegaRange {
  double range = 0;
  double step = 0;
  double turn() const { return range + step; }
};
OmegaRange omega_range(std::span<const double> omega);

// Whether the last frame is followed by the first, as docs/specification.md ("Wrap") words it: D >= 3, and the turn is
// 360 degrees to within half a step. False where angles are not finite.
bool is_full_turn(std::span<const double> omega);

// Whether the scan says its angles: all finite.
bool is_known(std::span<const double> omega);

}  // namespace dctprep
