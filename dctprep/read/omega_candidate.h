// SPDX-License-Identifier: BSD-3-Clause
// What may tell the rotation angles of a scan: a list that was recorded, or what was commanded.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "dctprep/core/omega.h"

namespace dctprep {

// Which of a stack's frames are used.
struct UsedFrames {
  int stack = 0;          // frames of the datasets or files, projections and all others
  int projections = 0;    // of them; numbers of frames count these
  std::vector<int> used;  // scan.frames of the projections, ascending
};

// start + k step, k = 0 ... points - 1; of as many points as there are frames where `points` is 0.
struct EvenAngles {
  double start = 0, step = 0, points = 0;
};

struct OmegaCandidate {
  OmegaSource source = OmegaSource::kRecorded;  // or kCommanded
  // FILE-relative dataset, "/group@attribute", or "header": what scan.omega names it by, behind the file.
  std::string location;
  std::string motor;  // "" where nothing names one
  std::string text;   // of a command, e.g. "fscan rot 0 0.5 60 0.1"
  // The likelier first. Where it is kOtherMotor, nothing says that it is a rotation: such a list counts only where it
  // is the only one that moves and no motor is commanded.
  int rank = 0;
  // The first value belongs to the first frame, however many there are: lists of BLISS and Dectris.
  bool begin_together = false;
  // The user chose the frames: each of them has a value, others need none.
  bool frames_chosen = false;
  // The values: in datasets to be read one after the other, or at hand, or evenly spaced.
  std::vector<std::string> datasets;
  std::vector<double> values;
  std::optional<EvenAngles> even;
  std::string unit;   // of the values
  std::string fault;  // known already: why it cannot be used
  bool moves = true;  // of a command: whether a rotation is commanded at all
};

inline constexpr int kOtherMotor = 1000;

}  // namespace dctprep
