// SPDX-License-Identifier: BSD-3-Clause
// Which array of a file is the rotation: the one that moves steadily, by preference one of the names that rotations go
// by.
#pragma once

#include <string>
#include <vector>

#include "dctprep/read/hdf5_contents.h"

namespace dctprep {

struct OmegaChoice {
  std::string path;  // "" where there is none
  std::string motor;
  std::string note;  // what else could have been meant, "" where nothing
};

// Whether values go one way in steps that differ from their mean by at most half of it. At least two.
bool moves_steadily(const std::vector<double>& values);

// Chooses among `datasets`, of which those of `frames` values and one dimension (others of size 1) count. `commanded`
// is the motor that the scan's title names, or "". Where `any_motor`, an array by any name that moves steadily will do,
// unless it counts time or frames.
OmegaChoice choose_omega(hid_t file, const std::vector<FoundDataset>& datasets, hsize_t frames,
                         const std::string& commanded, bool any_motor);

}  // namespace dctprep
