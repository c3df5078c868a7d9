// SPDX-License-Identifier: BSD-3-Clause
// What is true of a simulated scan, read back from its NAME_truth.h5.
#pragma once

#include <filesystem>
#include <vector>

#include "dctprep/simulate/truth.h"

namespace dctprep {

struct TruthFile {
  int frames = 0, height = 0, width = 0;
  bool full_turn = false;  // the last frame is followed by the first
  double middle_v = 0;     // row that the straight beam through the rotation axis meets: the plane of Friedel mates
  std::vector<TruthSpot> spots;
};

// Nothing in the file is trusted: spots lie inside the detector and the scan (frames count on past the last by less
// than a turn), mates inside the table, numbers are finite. Error where there is no such file or it is damaged or no
// truth file.
TruthFile read_truth(const std::filesystem::path& path);

}  // namespace dctprep
