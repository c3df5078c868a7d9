// SPDX-License-Identifier: BSD-3-Clause
#include "dctprep/read/scan_path.h"

#include <algorithm>
#include <cctype>
#include <cstring>
#include <system_error>

#include "dctprep/base/error.h"
#include "dctprep/read/byte_source.h"
#include "dctprep/read/image/image_file.h"
#include "dctprep/read/image/list_series.h"
#include "dctprep/read/image/natural_order.h"

namespace dctprep {

namespace fs = std::filesystem;

namespace {

constexpr const char* kGlobCharacters = "*?[{";
constexpr const char* kWhatAScanIs =
    "a scan is an HDF5 file (FILE.h5 or FILE.h5::/dataset), a folder or quoted glob of images, or an image file";

std::string name_of_glob(const std::string& pattern) {
  const fs::path path(pattern);
  std::string name = path.filename().string();
  name.resize(std::min(name.find_first_of(kGlobCharacters), name.size()));
  while (!name.empty() && std::isalnum(static_cast<unsigned char>(name.back())) == 0) name.pop_back();
  if (name.empty()) name = path.parent_path().filename().string();
  return name.empty() || name.find_first_of(kGlobCharacters) != std::string::npos ? "scan" : name;
}

// By the first files: damaged ones among them count as nothing.
bool holds_hdf5(const std::vector<fs::path>& files) {
  const auto tried = static_cast<std::ptrdiff_t>(std::min<std::size_t>(files.size(), 5));
  return std::any_of(files.begin(), files.begin() + tried, [](const fs::path& file) {
    try {
      return is_hdf5_file(file);
    } catch (const Error&) {
      return false;
    }
  });
}

ScanPath resolve_folder(const std::string& path) {
  ScanPath scan;
  scan.is_folder = true;
  scan.absolute = absolute_path(path);
  scan.folder = scan.absolute;
  scan.name = scan.folder.filename().string();
  if (scan.name.empty()) scan.name = "scan";
  scan.files = list_series(path, &scan.notes);
  scan.is_hdf5_series = holds_hdf5(scan.files);
  return scan;
}

ScanPath resolve_file(const std::string& path, const std::string& dataset) {
  ScanPath scan;
  scan.is_hdf5 = is_hdf5_file(path);
  scan.absolute = absolute_path(path);
  if (scan.is_hdf5) {
    scan.file = path;
    scan.dataset = dataset;
    scan.name = fs::path(path).stem().string();
    if (!dataset.empty()) scan.absolute += "::" + dataset;
    return scan;
  }
  if (!dataset.empty()) fail("{}: is not an HDF5 file, so it has no dataset {}", path, dataset);
  scan.files = {fs::path(path)};
  scan.folder = fs::path(scan.absolute).parent_path();
  scan.name = fs::path(without_compression(path)).stem().string();
  return scan;
}

}  // namespace

std::string absolute_path(const std::string& path) {
  std::string absolute = fs::absolute(path).lexically_normal().string();
  while (absolute.size() > 1 && absolute.back() == '/') absolute.pop_back();
  return absolute;
}

DatasetPath split_dataset_path(const std::string& path) {
  std::error_code ignored;
  const std::size_t colons = path.find("::");
  if (colons == std::string::npos || fs::exists(path, ignored)) return {path, ""};
  std::string dataset = path.substr(colons + 2);
  if (!dataset.empty() && dataset[0] != '/') dataset.insert(0, "/");
  return {path.substr(0, colons), dataset};
}

bool is_hdf5_file(const fs::path& file) {
  const auto source = ByteSource::open(file, 1 << 16);
  // The signature stands at 0, or behind a user block of 512, 1024, 2048, ... bytes.
  for (std::uint64_t offset = 0; offset < source->size(); offset = offset == 0 ? 512 : 2 * offset) {
    const auto bytes = source->read(offset, 8);
    if (bytes.size() == 8 && std::memcmp(bytes.data(), "\x89HDF\r\n\x1a\n", 8) == 0)
      return source->compression() == "none";
  }
  return false;
}

ScanPath resolve_scan_path(const std::string& path) {
  if (path.empty()) fail_usage("no scan is named; {}", kWhatAScanIs);
  const DatasetPath parts = split_dataset_path(path);
  std::error_code error;
  const fs::file_status status = fs::status(parts.file, error);
  if (status.type() == fs::file_type::directory) {
    if (!parts.dataset.empty()) fail("{}: is a folder, so it has no dataset {}", parts.file.string(), parts.dataset);
    return resolve_folder(path);
  }
  if (status.type() != fs::file_type::not_found) {
    if (error) fail("{}: cannot be opened: {}", parts.file.string(), error.message());
    return resolve_file(parts.file.string(), parts.dataset);
  }
  if (path.find_first_of(kGlobCharacters) == std::string::npos) {
    fail("{}: no such file or folder; {}", parts.file.string(), kWhatAScanIs);
  }
  ScanPath scan;
  scan.absolute = absolute_path(path);
  scan.files = list_series(path, &scan.notes);
  scan.is_hdf5_series = holds_hdf5(scan.files);
  if (scan.is_hdf5_series && scan.files.size() == 1) return resolve_file(scan.files[0].string(), "");
  scan.folder = fs::path(absolute_path(scan.files.front().string())).parent_path();
  scan.name = name_of_glob(scan.absolute);
  return scan;
}

}  // namespace dctprep
