// SPDX-License-Identifier: BSD-3-Clause
// A DCT scan out of thin air, with everything that is true about it. docs/simulate.md tells the physics.
#pragma once

#include <filesystem>

#include "dctprep/base/progress.h"
#include "dctprep/core/scan.h"
#include "dctprep/simulate/options.h"

namespace dctprep {

// Writes the scan `out` (an HDF5 file, or a folder of EDF files) and, beside it, NAME_truth.h5. The same options make
// the same data on any number of threads (those of the surrounding TBB arena). Memory does not grow with the number of
// frames. Error (usage) where options contradict each other, or an output exists and not `overwrite`.
void simulate(const SimulateOptions& options, const std::filesystem::path& out, bool overwrite, Progress& progress);

// The same scan in memory, compressed as in the file; nothing is written, and `format` does not matter.
Scan simulate_in_memory(const SimulateOptions& options, Progress& progress);

// "scan.h5" -> "scan_truth.h5", in the same folder.
std::filesystem::path truth_path(const std::filesystem::path& out);

}  // namespace dctprep
