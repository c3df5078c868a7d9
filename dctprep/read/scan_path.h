// SPDX-License-Identifier: BSD-3-Clause
// What a scan path names.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace dctprep {

struct ScanPath {
  bool is_hdf5 = false;
  std::filesystem::path file;                // HDF5: the file
  std::string dataset;                       // HDF5: with a leading slash; "" where none is named
  std::vector<std::filesystem::path> files;  // images, in natural numeric order
  bool is_hdf5_series = false;               // the images are HDF5 files that each hold a stack
  bool is_folder = false;                    // images: the path is their folder
  std::filesystem::path folder;              // images: where they lie
  std::string absolute;                      // the path made absolute: FILE::/dataset, a file, a folder or a glob
  std::vector<std::string> notes;            // remarks for the user: what of a folder is left out
  std::string name;                          // of the file, folder or glob, without suffix
};

// Looks what `path` (absolute, or relative to the working folder) is: "FILE.h5", "FILE.h5::/dataset", a folder, a glob,
// an image file. A name that exists is never taken for a glob. Throws Error where there is no such thing, or no image
// in it.
ScanPath resolve_scan_path(const std::string& path);

// "FILE.h5::/dataset" cut in two; the dataset with a leading slash, "" where there is none.
struct DatasetPath {
  std::filesystem::path file;
  std::string dataset;
};
DatasetPath split_dataset_path(const std::string& path);

// Whether the file begins as HDF5 does, also behind a user block. Error where it cannot be opened.
bool is_hdf5_file(const std::filesystem::path& file);

std::string absolute_path(const std::string& path);

}  // namespace dctprep
