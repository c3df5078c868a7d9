// SPDX-License-Identifier: BSD-3-Clause
// A simulated scan in a folder of EDF files.
#pragma once

#include <filesystem>
#include <memory>

#include "dctprep/simulate/scan_writer.h"

namespace dctprep {

// A folder of EDF files: NAME0000.edf ..., NAME being the folder's, with the rotation angle in the header;
// dark0000.edf ..., ref0000.edf ... . `overwrite` replaces a folder that holds nothing but EDF files.
std::unique_ptr<ScanWriter> make_edf_writer(const SimulateOptions& options, const std::filesystem::path& folder,
                                            bool overwrite);

}  // namespace dctprep
