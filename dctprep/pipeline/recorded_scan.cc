// SPDX-License-Identifier: BSD-3-Clause
#include "dctprep/pipeline/recorded_scan.h"

#include <filesystem>
#include <system_error>

#include "dctprep/base/error.h"
#include "dctprep/config/config_file.h"
#include "dctprep/core/scan_identity.h"
#include "dctprep/read/open_scan.h"
#include "dctprep/read/scan_path.h"

namespace dctprep {

namespace {

namespace fs = std::filesystem;

bool is_hdf5_path(const std::string& path) {
  std::error_code error;
  const fs::path file = split_dataset_path(path).file;
  return fs::is_regular_file(file, error) && is_hdf5_file(file);
}

// Of images: the folder that they lie in. A folder is told by the disk where it is there, else by its having no suffix.
fs::path folder_of(const std::string& path) {
  std::error_code error;
  const fs::path whole(path);
  const bool is_folder = fs::exists(whole, error) ? fs::is_directory(whole, error) : !whole.has_extension();
  return is_folder ? whole : whole.parent_path();
}

// The path to open: of an HDF5 file that is named without a dataset, the dataset is the recorded one.
std::string completed(const std::string& moved_to, const std::string& recorded) {
  const std::string path = absolute_path(moved_to);
  const std::string dataset = split_dataset_path(recorded).dataset;
  if (!split_dataset_path(path).dataset.empty() || dataset.empty() || !is_hdf5_path(path)) return path;
  return path + "::" + dataset;
}

void check_same(const RecordedScan& recorded, const Scan& scan) {
  const auto refuse = [&](const std::string& what) {
    fail("{}: is not the scan that {} was made from ({}): {}", scan.storage.location, recorded.source, recorded.path,
         what);
  };
  if (scan.frame_count() != recorded.frames || scan.height() != recorded.height || scan.width() != recorded.width) {
    refuse(fmt::format("it has {} frames of {} x {} pixels, where there were {} of {} x {}", scan.frame_count(),
                       scan.width(), scan.height(), recorded.frames, recorded.width, recorded.height));
  }
  if (const auto problem = checksum_problem(*scan.frames, recorded.checksums)) refuse(*problem);
}

}  // namespace

std::string moved_path(const std::string& path, const std::string& from, const std::string& to) {
  if (path == from) return to;
  if (path == "auto" || path == "none" || path == "header") return path;
  const DatasetPath companion = split_dataset_path(path), before = split_dataset_path(from);
  if (companion.file == before.file) {
    // A dataset of the file that the scan was: images have none, and are told apart elsewhere.
    if (!companion.dataset.empty() && !is_hdf5_path(to)) return "auto";
    return split_dataset_path(to).file.string() + (companion.dataset.empty() ? "" : "::" + companion.dataset);
  }
  // Beside the images, or in a folder of theirs.
  const fs::path folder = folder_of(from), new_folder = folder_of(split_dataset_path(to).file.string());
  const std::string inside = folder.string() + "/";
  if (!before.dataset.empty() || !path.starts_with(inside)) return path;
  return (new_folder / path.substr(inside.size())).string();
}

Scan open_recorded_scan(const RecordedScan& recorded, const std::string& moved_to) {
  ScanOptions options = recorded.config.scan;
  if (!moved_to.empty()) {
    const std::string from = options.path;
    options.path = completed(moved_to, from);
    options.dark = moved_path(options.dark, from, options.path);
    options.mask = moved_path(options.mask, from, options.path);
    options.omega = moved_path(options.omega, from, options.path);
  }
  options.flat = "none";
  // Another scan is told first: its companions do not matter.
  ScanOptions alone = options;
  alone.dark = alone.mask = "none";
  Scan scan = open_scan(alone);
  check_same(recorded, scan);
  return options == alone ? std::move(scan) : open_scan(options);
}

Scan open_recorded_scan(const ResultFile& result, const std::string& moved_to) {
  const ResultHeader& header = result.header();
  const std::string source = result.path().string();
  return open_recorded_scan({source, parse_config(header.config, source, fs::current_path()), header.frames,
                             header.height, header.width, header.scan_path, header.checksums},
                            moved_to);
}

}  // namespace dctprep
