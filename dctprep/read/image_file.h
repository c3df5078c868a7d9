// SPDX-License-Identifier: BSD-3-Clause
// Image files as frames: EDF, TIFF, CBF, marCCD, GE; plain or compressed with gzip or bzip2; alone or in numbered
// series.
//
// The format is told by content, not by name. Rows stand in the order in which they are stored, row 0 first: the
// Orientation tag of TIFF and flips that headers speak of are ignored, as fabio and tifffile do.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "dctprep/core/frame_source.h"
#include "dctprep/read/omega_candidate.h"

namespace dctprep {

// The frames of one file (one, or several in a multi-frame EDF or GE file or a multi-page TIFF). Throws Error where the
// file holds no frame that can be read, or is of a format or type that is not supported, naming it. A frame that is cut
// short, damaged, or of another size than the first is a FrameFault.
std::shared_ptr<const FrameSource> open_image_file(const std::filesystem::path& path);

// Files in the order given as one stack, a file of several frames giving all of them. Where one number in the names
// counts them, a gap in the numbers of the most frequent step is as many missing frames. The first file that can be
// read says how large a frame is. Files that cannot be read or do not agree with it are bad frames (kUnreadable;
// kMissing where the file is gone); so is one of several frames in a counted series of single ones. Throws Error where
// no file can be read, or where the numbers do not fit a step.
std::shared_ptr<const FrameSource> open_image_series(const std::vector<std::filesystem::path>& files);

// The files that a folder or a glob names, in natural numeric order. Of a folder, the most numerous family of image
// files (names that differ in their numbers alone); families of darks, flats and the like are left out unless there are
// no others, and where a second family is more than half as numerous, an Error lists them. Of a glob, every file that
// matches, but those that are no images or darks, flats and the like beside others. `notes` gets what of a folder is
// left out. Error where there is no image.
std::vector<std::filesystem::path> list_series(const std::string& folder_or_glob,
                                               std::vector<std::string>* notes = nullptr);

// Whether a word of the file name says that it is no frame of the scan: dark, flat, ref, refHST, med, ...
bool is_companion_name(const std::string& file_name);

// The families of image files in a folder, each in natural order; the most numerous first.
struct ImageFamily {
  std::string pattern;  // "im_#.edf"
  std::vector<std::filesystem::path> files;
};
std::vector<ImageFamily> list_image_families(const std::filesystem::path& folder);

// What the headers of images tell of the rotation: known names (EDF motor_mne/motor_pos and plain keys, "# Start_angle"
// of Pilatus in CBF and TIFF), any other motor, one value a frame of open_image_series(files), NaN where a header lacks
// it. The likelier first; nothing is judged.
struct HeaderAngles {
  std::vector<OmegaCandidate> candidates;
  std::vector<std::uint8_t> absent;  // 1 at frames without a header, which are gone themselves
};
HeaderAngles header_angles(const std::vector<std::filesystem::path>& files);

// As for `info`; `location` is left empty.
StorageInfo image_storage_info(const std::vector<std::filesystem::path>& files);

}  // namespace dctprep
