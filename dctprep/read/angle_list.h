// SPDX-License-Identifier: BSD-3-Clause
// Whether a list of numbers can be the rotation angles of a scan's frames: the same rules whoever wrote the list.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "dctprep/core/omega.h"

namespace dctprep {

// Degrees that one of `unit` is worth ("deg", "rad", "mrad", "mdeg", "turn", ...; "" counts as degrees); absent where
// it is no unit of angle that is known.
std::optional<double> degrees_per(const std::string& unit);

struct AngleVerdict {
  std::string fault;           // in words why the list cannot be the angles; "" where it can
  std::vector<double> omega;   // degrees, turns of 360 undone, one a frame as stored
  std::vector<Sweep> sweeps;   // of the frames as stored
  std::vector<int> by_omega;   // the frames in the order of omega, where that makes one steady sweep and the stored
                               // order does not; else empty
  std::vector<double> sorted;  // their angles, modulo a turn where the passes are turns of their own
};

// Judges the angles of all frames used, in degrees: finite, moving, steady but for a few jumps or turning points. Jumps
// of 360 degrees to where the next step would lead are undone. Several sweeps must be of two frames or more each.
// `absent`, where not empty: 1 at frames that are gone themselves and whose angle is NaN; it lies on the line through
// those of their neighbours.
AngleVerdict judge_angles(std::vector<double> angles, const std::vector<std::uint8_t>& absent = {});

// "frames 0-19, 20-39 and 40-59", of at most four.
std::string sweep_names(const std::vector<Sweep>& sweeps);

}  // namespace dctprep
