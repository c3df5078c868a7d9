// SPDX-License-Identifier: BSD-3-Clause
#include "dctprep/read/hdf5/detector.h"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <optional>
#include <vector>

#include "dctprep/base/error.h"
#include "dctprep/base/rehearsal.h"
#include "dctprep/read/hdf5/contents.h"
#include "dctprep/read/hdf5/numbers.h"
#include "dctprep/read/hdf5/stored_frames.h"

namespace dctprep {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t kMostGroups = 64;  // looked into below one group
constexpr int kLeastSaturation = 256;    // less is no count at which a detector ends

bool is_group(hid_t file, const std::string& path) {
  return static_cast<bool>(hdf5::Handle(H5Gopen2(file, path.c_str(), H5P_DEFAULT)));
}

// The groups directly below, not those of other files: of a Dectris master these may be thousands.
std::vector<std::string> own_groups(hid_t file, const std::string& group) {
  std::vector<std::string> groups;
  for (const std::string& name : list_links(file, group)) {
    const std::string path = join_path(group, name);
    H5L_info_t link;
    if (H5Lget_info(file, path.c_str(), &link, H5P_DEFAULT) < 0 || link.type == H5L_TYPE_EXTERNAL) continue;
    if (groups.size() < kMostGroups && is_group(file, path)) groups.push_back(path);
  }
  return groups;
}

bool is_instrument(hid_t file, const std::string& group) {
  if (lower_case(group.substr(group.rfind('/') + 1)).starts_with("instrument")) return true;
  const hdf5::Handle handle(H5Gopen2(file, group.c_str(), H5P_DEFAULT));
  return handle && hdf5::read_string_attribute(handle.id(), "NX_class") == "NXinstrument";
}

// The groups that may describe the detector, the nearest to the frames first. Of several detectors, that whose name
// stands in the path of the frames comes first.
std::vector<std::string> groups_of_detectors(hid_t file, const std::string& frames) {
  std::vector<std::string> groups;
  const auto add = [&](const std::string& group) {
    groups.push_back(group);
    for (const char* name : {"detectorSpecific", "acquisition", "acq_parameters"}) {
      const std::string specific = join_path(group, name);
      if (is_group(file, specific)) groups.push_back(specific);
    }
  };
  std::string above = frames;
  while (!above.empty() && above != "/") {
    const std::string parent = parent_path(above);
    above = parent.empty() ? std::string("/") : parent;
    add(above);
    for (const std::string& below : own_groups(file, above)) {
      add(below);
      if (!is_instrument(file, below)) continue;
      std::vector<std::string> detectors = own_groups(file, below);
      std::stable_partition(detectors.begin(), detectors.end(), [&](const std::string& detector) {
        return (frames + "/").find(detector.substr(detector.rfind('/')) + "/") != std::string::npos;
      });
      std::for_each(detectors.begin(), detectors.end(), add);
    }
  }
  return groups;
}

bool fits(hid_t file, const std::string& path, int height, int width) {
  const hdf5::Handle dataset(H5Dopen2(file, path.c_str(), H5P_DEFAULT));
  if (!dataset) return false;
  const std::vector<hsize_t> dims = hdf5::shape(dataset.id());
  const std::size_t rank = dims.size();
  return rank >= 2 && dims[rank - 2] == static_cast<hsize_t>(height) && dims[rank - 1] == static_cast<hsize_t>(width) &&
         std::all_of(dims.begin(), dims.end() - 2, [](hsize_t size) { return size == 1; });
}

// A single whole number above 0.
std::optional<std::int64_t> whole_number(hid_t file, const std::string& path) {
  try {
    const hdf5::Handle dataset(H5Dopen2(file, path.c_str(), H5P_DEFAULT));
    if (!dataset) return std::nullopt;
    const hdf5::Handle space(H5Dget_space(dataset.id()));
    if (H5Sget_simple_extent_npoints(space.id()) != 1) return std::nullopt;
    const double value = hdf5::read_dataset<double>(file, path).at(0);
    if (!(value >= 1 && value <= 1e15) || value != std::floor(value)) return std::nullopt;
    return static_cast<std::int64_t>(value);
  } catch (const Error&) {
    return std::nullopt;  // a text, or damaged
  }
}

void find_saturation(hid_t file, const std::string& group, Hdf5Detector& found) {
  for (const char* name : {"saturation_value", "countrate_correction_count_cutoff"}) {
    const std::string path = join_path(group, name);
    const auto value = whole_number(file, path);
    if (!value || *value < kLeastSaturation) continue;
    if (found.saturation != 0 && *value >= found.saturation) continue;
    found.saturation = static_cast<int>(std::min<std::int64_t>(*value, 65535));
    found.saturation_path = path;
  }
}

void find_frames(hid_t file, const std::string& group, Hdf5Detector& found) {
  if (found.frames != 0) return;
  // LImA: of the whole acquisition, which may lie in several files.
  for (const char* name : {"acq_nb_frames", "nb_frames"}) {
    const std::string path = join_path(group, name);
    const auto images = whole_number(file, path);
    if (!images) continue;
    found.frames = *images;
    found.frames_path = path;
    return;
  }
  const std::string path = join_path(group, "nimages");
  const auto images = whole_number(file, path);
  if (!images) return;
  const std::int64_t triggers = whole_number(file, join_path(group, "ntrigger")).value_or(1);
  if (triggers > INT32_MAX / *images) return;
  found.frames = *images * triggers;
  found.frames_end = true;
  found.frames_path = path;
}

}  // namespace

Hdf5Detector find_hdf5_detector(const fs::path& path, const std::string& frames, int height, int width) {
  return hdf5::rehearsed(path.native(), [&] {
    const hdf5::Handle file = hdf5::open_file(path);
    Hdf5Detector found;
    for (const std::string& group : groups_of_detectors(file.id(), frames)) {
      hdf5::note_object(group);
      const std::string mask = join_path(group, "pixel_mask");
      if (found.pixel_mask.empty() && fits(file.id(), mask, height, width)) found.pixel_mask = mask;
      find_saturation(file.id(), group, found);
      find_frames(file.id(), group, found);
      if (found.bits == 0)
        found.bits = static_cast<int>(whole_number(file.id(), join_path(group, "bit_depth_image")).value_or(0));
    }
    return found;
  });
}

Image<std::uint8_t> read_pixel_mask(const fs::path& file, const std::string& dataset, int height, int width) {
  return hdf5::rehearsed(file.native(), [&] {
    const Hdf5Numbers numbers = read_hdf5_numbers(file, dataset);
    Image<std::uint8_t> mask(height, width);
    if (numbers.values.size() != mask.size()) {
      fail("{}::{}: the mask is of {} pixels where the frames have {} x {}", file.string(), dataset,
           fmt::join(numbers.shape, " x "), height, width);
    }
    std::transform(numbers.values.begin(), numbers.values.end(), mask.data(), [](double value) {
      return std::abs(value) < 0x1p53 && (static_cast<std::int64_t>(value) & 0xffff) != 0;
    });
    return mask;
  });
}

}  // namespace dctprep
