// SPDX-License-Identifier: BSD-3-Clause
// What in an HDF5 file may tell the rotation angles of a stack of frames. Nothing is judged here (scan_omega.h does).
#pragma once

#include <string>
#include <vector>

#include "dctprep/read/hdf5/contents.h"
#include "dctprep/read/omega_candidate.h"

namespace dctprep {

// Where to look.
struct OmegaSearch {
  const std::vector<FoundDataset>& datasets;  // of the scan
  std::string stack;                          // path of its frames
  int frames = 0;                             // of the stack
  std::string bliss_group = {};               // "/1.1" of a scan of BLISS, else ""
  std::string title = {};                     // of that scan
  bool begin_together = false;                // lists and frames have their first in common, whatever their lengths
};

// Recorded lists (by the names of rotation motors, by the motor commanded, by NeXus's depends_on; in BLISS any other
// motor), attributes called omega, and commands (titles, scan parameters). The likelier first.
std::vector<OmegaCandidate> find_omega_candidates(hid_t file, const OmegaSearch& search);

// Of a scan of BLISS: whether some rotation moves, so that its images are projections.
bool rotates(hid_t file, const std::vector<OmegaCandidate>& candidates, int frames);

// The rotations of the chain that NeXus's depends_on leads along from `start` (a dataset's path), nearest first.
std::vector<std::string> rotations_of_chain(hid_t file, const std::string& start);

}  // namespace dctprep
