// SPDX-License-Identifier: BSD-3-Clause
// The rotation angles of a scan's frames.
#pragma once

#include <string>
#include <vector>

#include "dctprep/read/hdf5_layout.h"
#include "dctprep/read/options.h"
#include "dctprep/read/scan_path.h"

namespace dctprep {

struct ScanOmega {
  std::vector<double> omega;  // degrees, one a frame of the file
  std::string path;           // FILE::/dataset, absolute; "header"; "" where start and step say it
  std::string motor;
  double start = 0;
  double step = 0;
  std::vector<std::string> notes;
};

// Decides as the options say: a dataset or "header" that is named comes first, then omega_start and omega_step, then
// what the data hold (the layout's motor; the headers of images). Where only one of start and step is given, the other
// comes from the data; what nobody says is start 0 and step 1, with a note. `frames` are the file's; `layout` is null
// for images. Throws Error where the number of angles is not that of the frames (one more is let pass, with a note), or
// one is not finite.
ScanOmega find_scan_omega(const ScanOptions& options, const ScanPath& scan, const Hdf5Layout* layout, int frames);

}  // namespace dctprep
