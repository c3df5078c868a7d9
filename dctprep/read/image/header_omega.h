// SPDX-License-Identifier: BSD-3-Clause
// Rotation angles in the headers of images.
#pragma once

#include <cstdint>
#include <filesystem>
#include <vector>

#include "dctprep/read/omega_candidate.h"

namespace dctprep {

// What the headers of images tell of the rotation: known names (EDF motor_mne/motor_pos and plain keys, "# Start_angle"
// of Pilatus in CBF and TIFF), any other motor, one value a frame of open_image_series(files), NaN where a header lacks
// it. The likelier first; nothing is judged.
struct HeaderAngles {
  std::vector<OmegaCandidate> candidates;
  std::vector<std::uint8_t> absent;  // 1 at frames without a header, which are gone themselves
};
HeaderAngles header_angles(const std::vector<std::filesystem::path>& files);

}  // namespace dctprep
