// SPDX-License-Identifier: BSD-3-Clause
// The rotation angles of a scan's frames: the one place that decides which of what files, headers, commands and the
// user say are the angles, and whether they can be.
#pragma once

#include <string>
#include <vector>

#include "dctprep/core/omega.h"
#include "dctprep/read/hdf5/layout.h"
#include "dctprep/read/options.h"
#include "dctprep/read/scan_path.h"

namespace dctprep {

struct ScanOmega {
  OmegaSource source = OmegaSource::kUnknown;
  std::vector<int> order;     // the frames used in the order to process them, as indices of `used`
  std::vector<double> omega;  // degrees, in that order; NaN where unknown
  std::vector<Sweep> sweeps;  // in that order
  std::string path;           // FILE::/dataset, absolute; "header"; "" where start and step say it or nothing does
  std::string motor;
  double start = 0, step = 0;  // where they say it: omega = start + k step, k of the file
  std::vector<std::string> notes, warnings;
  std::vector<std::string> rejected;  // "/1.1/measurement/rot (recorded): 20 of 60 values are not finite, ..."
};

// `layout` is null for images. A dataset or "header" that is named comes first, then omega_start and omega_step, then
// what was recorded, then what was commanded. Error where what is named cannot be the angles, with the reason; where
// nothing can and nothing is named, omega is unknown and a warning says so.
ScanOmega find_scan_omega(const ScanOptions& options, const ScanPath& scan, const Hdf5Layout* layout,
                          const UsedFrames& frames);

}  // namespace dctprep
