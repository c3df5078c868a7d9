// SPDX-License-Identifier: BSD-3-Clause
// Heeds what a scan's file says of its detector.
#pragma once

#include <filesystem>
#include <string>

#include "dctprep/core/scan.h"
#include "dctprep/read/hdf5/detector.h"
#include "dctprep/read/options.h"

namespace dctprep {

// What the headers of a series of images say: "acq_nb_frames" or "nb_frames" of LImA.
Hdf5Detector announced_in_headers(const std::vector<std::filesystem::path>& files);

// Fewer frames than were asked for are warned of; so are more, where the detector says that those beyond are none, and
// they are left out. Before frames are chosen.
void heed_announced_frames(const Hdf5Detector& detector, Scan& scan);

// Fills scan.bad_pixels: scan.mask, and unless that is "none" what the file itself says: its pixel_mask, or where a
// Dectris file has none, pixels that hold the largest value all the time. Pixels that the file masks read as 0 from
// then on, as other markers do. `detector`: what `file` says, null where the scan is no HDF5; `writer` as of
// Hdf5Layout.
void mask_pixels(const ScanOptions& options, const std::filesystem::path& file, const std::string& writer,
                 const Hdf5Detector* detector, Scan& scan);

}  // namespace dctprep
