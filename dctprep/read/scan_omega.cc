// SPDX-License-Identifier: BSD-3-Clause
#include "dctprep/read/scan_omega.h"

#include <cmath>

#include "dctprep/base/error.h"
#include "dctprep/read/hdf5_numbers.h"
#include "dctprep/read/image_file.h"

namespace dctprep {

namespace {

constexpr const char* kAdvice = "name another dataset with omega, or give omega_start and omega_step";

// The values of a dataset that belong to the frames.
std::vector<double> read_angles(const DatasetPath& from, const std::vector<int>& selection, int frames,
                                std::vector<std::string>& notes) {
  const Hdf5Numbers numbers = read_hdf5_numbers(from.file, from.dataset);
  const std::string name = fmt::format("{}::{}", from.file.string(), from.dataset);
  std::size_t long_sides = 0;
  for (const std::size_t side : numbers.shape) long_sides += side != 1 ? 1 : 0;
  if (long_sides > 1) {
    fail("{}: is of shape {}, where one angle a frame is wanted; {}", name, fmt::join(numbers.shape, " x "), kAdvice);
  }
  std::vector<double> angles;
  if (selection.empty()) {
    angles = numbers.values;
  } else {
    for (const int index : selection) {
      if (index < 0 || static_cast<std::size_t>(index) >= numbers.values.size()) {
        fail("{}: holds {} angles, and none for frame {}; {}", name, numbers.values.size(), index, kAdvice);
      }
      angles.push_back(numbers.values[static_cast<std::size_t>(index)]);
    }
  }
  const auto wanted = static_cast<std::size_t>(frames);
  if (angles.size() == wanted + 1) {
    notes.push_back(fmt::format("{} holds one angle more than there are frames; the last is left out", name));
    angles.pop_back();
  }
  if (angles.size() != wanted) {
    fail("{}: holds {} angles where the scan has {} frames; {}", name, angles.size(), frames, kAdvice);
  }
  for (std::size_t k = 0; k < angles.size(); ++k) {
    if (!std::isfinite(angles[k])) fail("{}: the angle of frame {} is {}; {}", name, k, angles[k], kAdvice);
  }
  return angles;
}

// What the data say by themselves; `omega` is empty where they say nothing.
ScanOmega from_data(const ScanPath& scan, const Hdf5Layout* layout, int frames) {
  ScanOmega found;
  if (layout != nullptr) {
    if (layout->omega.empty()) return found;
    found.omega = read_angles({scan.file, layout->omega}, layout->omega_frames, frames, found.notes);
    found.path = absolute_path(scan.file.string()) + "::" + layout->omega;
    found.motor = layout->omega_motor;
    return found;
  }
  HeaderOmega header = header_omega(scan.files);
  if (header.omega.empty()) return found;
  found.omega = std::move(header.omega);
  found.path = "header";
  found.motor = header.motor;
  return found;
}

ScanOmega from_dataset(const std::string& path, const ScanPath& scan, const Hdf5Layout* layout, int frames) {
  const DatasetPath named = split_dataset_path(path);
  if (!is_hdf5_file(named.file)) fail("{}: omega must be a dataset of an HDF5 file, FILE.h5::/path/to/dataset", path);
  if (named.dataset.empty())
    fail_usage("scan.omega = \"{}\": name the dataset too, as FILE.h5::/path/to/dataset", path);
  ScanOmega found;
  found.path = absolute_path(named.file.string()) + "::" + named.dataset;
  // The layout's own dataset may hold the angles of darks and flats as well; which are whose, the layout knows.
  std::error_code ignored;
  const bool own = layout != nullptr && layout->omega == named.dataset &&
                   std::filesystem::equivalent(named.file, scan.file, ignored);
  found.omega = read_angles(named, own ? layout->omega_frames : std::vector<int>(), frames, found.notes);
  found.motor = own ? layout->omega_motor : named.dataset.substr(named.dataset.rfind('/') + 1);
  return found;
}

double mean_step(const std::vector<double>& omega) {
  return omega.size() < 2 ? 1.0 : (omega.back() - omega.front()) / static_cast<double>(omega.size() - 1);
}

ScanOmega from_numbers(const ScanOptions& options, const ScanOmega& data, int frames) {
  ScanOmega found;
  found.notes = data.notes;
  const bool known = !data.omega.empty();
  found.start = !options.omega_start.is_auto() ? options.omega_start.value() : known ? data.omega.front() : 0.0;
  found.step = !options.omega_step.is_auto() ? options.omega_step.value() : known ? mean_step(data.omega) : 1.0;
  for (int k = 0; k < frames; ++k) found.omega.push_back(found.start + k * found.step);
  const bool guessed_start = options.omega_start.is_auto() && !known,
             guessed_step = options.omega_step.is_auto() && !known;
  if (guessed_start || guessed_step) {
    found.notes.push_back(
        fmt::format("no rotation angles were found in the scan: {}{}{} taken; give omega_start and omega_step",
                    guessed_start ? "omega_start 0" : "", guessed_start && guessed_step ? " and " : "",
                    guessed_step ? "omega_step 1 degree" : ""));
  }
  return found;
}

}  // namespace

ScanOmega find_scan_omega(const ScanOptions& options, const ScanPath& scan, const Hdf5Layout* layout, int frames) {
  const bool start_given = !options.omega_start.is_auto(), step_given = !options.omega_step.is_auto();
  if (options.omega == "none" || (options.omega == "auto" && start_given && step_given)) {
    return from_numbers(options, {}, frames);
  }
  ScanOmega found;
  if (options.omega == "header") {
    if (layout != nullptr)
      fail_usage("scan.omega = \"header\" is for image files; name a dataset, or give omega_start and omega_step");
    found = from_data(scan, layout, frames);
    if (found.omega.empty()) {
      fail_usage(
          "scan.omega = \"header\": the headers of {} hold no angle that moves steadily; give omega_start and "
          "omega_step",
          scan.absolute);
    }
  } else if (options.omega == "auto") {
    found = from_data(scan, layout, frames);
    if (found.omega.empty() || start_given || step_given) return from_numbers(options, found, frames);
  } else {
    found = from_dataset(options.omega, scan, layout, frames);
  }
  const auto differs = [](const Auto<double>& given, double used) { return !given.is_auto() && given.value() != used; };
  if (options.omega != "auto" &&
      (differs(options.omega_start, found.omega.front()) || differs(options.omega_step, mean_step(found.omega)))) {
    found.notes.push_back("omega_start and omega_step are not used: omega names the angles");
  }
  found.start = found.omega.front();
  found.step = mean_step(found.omega);
  return found;
}

}  // namespace dctprep
