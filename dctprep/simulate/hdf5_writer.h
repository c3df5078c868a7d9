// SPDX-License-Identifier: BSD-3-Clause
// A simulated scan in one HDF5 file.
#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "dctprep/simulate/scan_writer.h"

namespace dctprep {

// One HDF5 file as BLISS writes it: 1.1 flats, 2.1 projections with measurement/diffrz, 3.1 darks; one frame a chunk.
// `truth_name` goes into its attributes.
std::unique_ptr<ScanWriter> make_hdf5_writer(const SimulateOptions& options, const std::filesystem::path& file,
                                             const std::string& truth_name, bool overwrite);

}  // namespace dctprep
