// SPDX-License-Identifier: BSD-3-Clause
// A scan, opened and ready to be processed.
#pragma once

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "dctprep/base/image.h"
#include "dctprep/core/frame_source.h"
#include "dctprep/core/omega.h"

namespace dctprep {

// All numbering starts at the first frame used.
struct Scan {
  std::string name;                                // of the file or folder, without suffix: NAME_spots.h5
  std::shared_ptr<const FrameSource> frames;       // the frames used
  std::shared_ptr<const FrameSource> darks;        // null where there are none
  std::shared_ptr<const FrameSource> flats;        // null where there are none
  std::vector<double> omega;                       // degrees, one a frame used; NaN where unknown
  OmegaSource omega_source = OmegaSource::kGiven;  // whoever fills in angles by hand gives them
  std::vector<Sweep> sweeps;                       // of the frames used, in order, at least one
  std::vector<Sweep> turns;                        // of one sweep over several whole turns; else empty
  int first_frame = 0;                             // where the first frame used stands in the file
  std::vector<int> file_frame;                     // where each does
  Image<std::uint8_t> bad_pixels;                  // height x width, 1 = bad: from the mask and from markers
  int saturation = 0;  // counts from which the file calls a pixel saturated; 0: it does not say
  StorageInfo storage;
  // What "auto" became: absolute paths (FILE::/dataset) or "none"; omega_path is "" where omega_start and omega_step
  // say it, "header" where it stands in the image headers.
  std::string dark_path;
  std::string flat_path;
  std::string omega_path;
  std::string omega_motor;  // name of the motor where known, for messages
  double omega_start = 0;   // of the file's frames: omega[k] = start + k step, where omega_path is ""
  double omega_step = 0;
  std::vector<std::string> omega_rejected;  // what might have told the angles, and why it does not
  std::vector<std::string> notes;           // remarks for the user, e.g. "the projections are 2.1"
  std::vector<std::string> warnings;        // what makes the result doubtful or less than it could be, and what to do

  // Where scan.saturation is "auto".
  int default_saturation() const {
    return saturation > 0 ? std::min(saturation, frames->type_max()) : frames->type_max();
  }
  int frame_count() const { return frames->frames(); }
  int height() const { return frames->height(); }
  int width() const { return frames->width(); }
};

}  // namespace dctprep
