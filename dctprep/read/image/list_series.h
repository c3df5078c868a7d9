// SPDX-License-Identifier: BSD-3-Clause
// Which files of a folder or glob are the frames of a scan.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace dctprep {

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

}  // namespace dctprep
